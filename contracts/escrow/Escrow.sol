// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {Line, LineLib} from "../libraries/LineLib.sol";
import {Terms} from "../libraries/TermsLib.sol";

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

    /// @dev A line in storage, packed by `_write`; the first field of each slot is its lowest. The last two are touched only
    /// when they hold something.
    struct Slots {
        Terms terms; //        `TermsLib`
        uint256 parties; //    borrower 160 | collateral 96
        uint256 principal; //  principal 96 | undrawn 96 | accruedAt 32 | seq 32
        uint256 charges; //    unbilled 144 | claimLoan 96 | flags 8, marks 8
        uint256 bill; //       billed 144 | reserve 96
        uint256 instalment; // billedPrincipal 96 | unpaidSince 32 | claimCollateral 96
    }

    /// @dev Marks beside the public flags. OPENED is always set: what `open` pays for once, no later action has to.
    uint256 private constant OPENED = 1 << 8;
    uint256 private constant HAS_BILL = 1 << 9;
    uint256 private constant HAS_INSTALMENT = 1 << 10;

    mapping(uint256 id => Slots) private _slots;

    // ---------------------------------------------------------------- lines

    /// @dev Reads a line that exists.
    function _read(uint256 id) internal view returns (Line memory line) {
        Slots storage slots = _slots[id];
        line.id = id;
        line.terms = slots.terms;
        require(Terms.unwrap(line.terms) != 0, ErrorsLib.NoSuchLine(id));

        uint256 word = slots.parties;
        line.borrower = address(uint160(word));
        line.collateral = word >> 160;

        word = slots.principal;
        line.principal = uint96(word);
        line.undrawn = uint96(word >> 96);
        line.accruedAt = uint32(word >> 192);
        line.seq = word >> 224;

        word = slots.charges;
        line.unbilled = uint144(word);
        line.claimLoan = uint96(word >> 144);
        line.flags = uint8(word >> 240);
        uint256 marks = word >> 240;
        line.slotsInUse = marks;

        if (marks & HAS_BILL != 0) {
            word = slots.bill;
            line.billed = uint144(word);
            line.reserve = word >> 144;
        }
        if (marks & HAS_INSTALMENT != 0) {
            word = slots.instalment;
            line.billedPrincipal = uint96(word);
            line.unpaidSince = uint32(word >> 96);
            line.claimCollateral = word >> 128;
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
        unchecked {
            line.seq += 1;
        }
        line.requireFits();
        uint256 bill = line.billed | line.reserve << 144;
        uint256 instalment = line.billedPrincipal | line.unpaidSince << 96 | line.claimCollateral << 128;
        uint256 marks = OPENED;
        if (bill != 0) marks |= HAS_BILL;
        if (instalment != 0) marks |= HAS_INSTALMENT;

        Slots storage slots = _slots[line.id];
        slots.parties = uint160(line.borrower) | line.collateral << 160;
        slots.principal = line.principal | line.undrawn << 96 | line.accruedAt << 192 | line.seq << 224;
        slots.charges = line.unbilled | line.claimLoan << 144 | (line.flags | marks) << 240;
        marks |= line.slotsInUse;
        if (marks & HAS_BILL != 0) slots.bill = bill;
        if (marks & HAS_INSTALMENT != 0) slots.instalment = instalment;
        line.emitState();
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
