// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {LineTerms, StoredState} from "../interfaces/ICreditVault.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {EventsLib} from "../libraries/EventsLib.sol";
import {Line, LineLib} from "../libraries/LineLib.sol";

/// @title Escrow
/// @notice Custody, and nothing else: it alone moves tokens, and it alone reads and writes the storage of lines.
/// @dev Each line holds undrawn funds, a reserve and a loan claim in the loan token, and collateral and a collateral
/// claim in the collateral token. Those five amounts, over all lines, are what the vault owes to others: they never
/// exceed its balances, because every amount that enters was pulled exactly and every amount that leaves was booked out
/// first. No sum per token is stored: it would cost every operation a slot, no rule reads it, and whoever needs it can
/// add up `stored` of all lines.
abstract contract Escrow {
    using LineLib for Line;
    using SafeERC20 for IERC20;

    // ---------------------------------------------------------------- storage

    /// @dev A line in storage: six slots, of which the last two are touched only when they hold something.
    struct Slots {
        LineTerms terms;
        Parties parties;
        Principal principal;
        Charges charges;
        Bill bill;
        Instalment instalment;
    }

    struct Parties {
        address borrower;
        uint96 collateral;
    }

    struct Principal {
        uint96 principal;
        uint96 undrawn;
        uint32 accruedAt;
        uint32 seq;
    }

    struct Charges {
        uint144 unbilled;
        uint96 claimLoan;
        uint16 flags;
    }

    struct Bill {
        uint144 billed;
        uint96 reserve;
    }

    struct Instalment {
        uint96 billedPrincipal;
        uint32 unpaidSince;
        uint96 claimCollateral;
    }

    /// @dev Internal flags, beside the public ones: whether the two lazy slots hold anything.
    uint16 private constant HAS_BILL = 1 << 8;
    uint16 private constant HAS_INSTALMENT = 1 << 9;
    uint16 private constant PUBLIC_FLAGS = 0xff;

    mapping(uint256 id => Slots) private _slots;

    // ---------------------------------------------------------------- lines

    /// @dev Reads a line that exists.
    function _read(uint256 id) internal view returns (Line memory line) {
        Slots storage slots = _slots[id];
        line.id = id;
        line.terms = slots.terms;
        require(line.terms.openedAt != 0, ErrorsLib.NoSuchLine(id));
        Parties memory parties = slots.parties;
        (line.borrower, line.collateral) = (parties.borrower, parties.collateral);
        Principal memory principal = slots.principal;
        (line.principal, line.undrawn) = (principal.principal, principal.undrawn);
        (line.accruedAt, line.seq) = (principal.accruedAt, principal.seq);
        Charges memory charges = slots.charges;
        (line.unbilled, line.claimLoan) = (charges.unbilled, charges.claimLoan);
        line.flags = charges.flags & PUBLIC_FLAGS;
        if (charges.flags & HAS_BILL != 0) {
            Bill memory bill = slots.bill;
            (line.billed, line.reserve) = (bill.billed, bill.reserve);
        }
        if (charges.flags & HAS_INSTALMENT != 0) {
            Instalment memory instalment = slots.instalment;
            (line.billedPrincipal, line.unpaidSince) = (instalment.billedPrincipal, instalment.unpaidSince);
            line.claimCollateral = instalment.claimCollateral;
        }
        line.face = line.faceOf();
    }

    /// @dev Writes the first state of a new line.
    function _create(Line memory line) internal {
        _slots[line.id].terms = line.terms;
        _write(line);
    }

    /// @dev Writes a line's state under the next `seq` and announces it.
    function _write(Line memory line) internal {
        line.seq += 1;
        StoredState memory state = line.toStored();
        Slots storage slots = _slots[line.id];
        slots.parties = Parties(line.borrower, state.collateral);
        slots.principal = Principal(state.principal, state.undrawn, state.accruedAt, state.seq);

        uint16 lazyBefore = slots.charges.flags & ~PUBLIC_FLAGS;
        uint16 lazy = 0;
        if (state.billed != 0 || state.reserve != 0) lazy |= HAS_BILL;
        if (state.billedPrincipal != 0 || state.unpaidSince != 0 || state.claimCollateral != 0) lazy |= HAS_INSTALMENT;
        slots.charges = Charges(state.unbilled, state.claimLoan, state.flags | lazy);
        if ((lazy | lazyBefore) & HAS_BILL != 0) slots.bill = Bill(state.billed, state.reserve);
        if ((lazy | lazyBefore) & HAS_INSTALMENT != 0) {
            slots.instalment = Instalment(state.billedPrincipal, state.unpaidSince, state.claimCollateral);
        }
        emit EventsLib.LineState(line.id, state);
    }

    // ---------------------------------------------------------------- tokens

    /// @dev Pulls exactly `amount` into custody. Refuses a token that delivers anything else (fee on transfer, rebasing).
    function _pull(address token, address from, uint256 amount) internal {
        if (amount == 0) return;
        uint256 before = IERC20(token).balanceOf(address(this));
        // audit: arbitrary-send-erc20: `from` is the caller, or the lender whose signed offer the vault has checked
        // slither-disable-next-line arbitrary-send-erc20
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        require(
            afterwards == before + amount,
            ErrorsLib.InexactTransfer(token, amount, afterwards > before ? afterwards - before : 0)
        );
    }

    /// @dev Sends `amount` out of custody, always to an address that the one entitled to it named in this call.
    function _push(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        require(to != address(0), ErrorsLib.ZeroAddress());
        IERC20(token).safeTransfer(to, amount);
    }
}
