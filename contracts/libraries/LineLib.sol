// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditVault, LineTerms, StoredState} from "../interfaces/ICreditVault.sol";
import {FLAG_CLOSED, FLAG_TERMINATED, FLAG_WRITTEN_OFF} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";
import {Terms, TermsLib} from "./TermsLib.sol";

/// @dev A line in memory while one call works on it: its terms, then what `StoredState` holds, in that order and in whole
/// words. What is stored fits (`requireFits`), so sums and products of a few fields can't overflow.
/// `face` is what its NFT showed when the line was read, `slotsInUse` which of the lazy slots held anything.
struct Line {
    uint256 id;
    address borrower;
    Terms terms;
    uint256 seq;
    uint256 principal;
    uint256 undrawn;
    uint256 accruedAt;
    uint256 unbilled;
    uint256 billed;
    uint256 billedPrincipal;
    uint256 unpaidSince;
    uint256 collateral;
    uint256 reserve;
    uint256 claimLoan;
    uint256 claimCollateral;
    uint256 flags;
    uint256 face;
    uint256 slotsInUse;
}

/// @title LineLib
/// @notice A line in memory: what it is, and how it becomes what is stored.
library LineLib {
    /// @dev Where in `Line` the words of `StoredState` begin, and how many bytes they are.
    uint256 private constant STATE_OFFSET = 3 * 32;
    uint256 private constant STATE_SIZE = 13 * 32;

    /// @dev Refuses figures that do not fit what they are stored in, so nothing is ever cut off: a union of figures has no
    /// bit beyond a width exactly if none of them has.
    function requireFits(Line memory line) internal pure {
        uint256 amounts = line.principal | line.undrawn | line.billedPrincipal | line.collateral | line.reserve
            | line.claimLoan | line.claimCollateral;
        uint256 numerators = line.unbilled | line.billed;
        uint256 counters = line.seq | line.accruedAt | line.unpaidSince;
        require(amounts >> 96 | numerators >> 144 | counters >> 32 == 0, ErrorsLib.DoesNotFit(line.id));
    }

    /// @dev Tells the words of a line that fits, as they lie in memory.
    function emitState(Line memory line) internal {
        uint256 id = line.id;
        bytes32 topic = ICreditVault.LineState.selector;
        // audit: no-inline-assembly: to copy thirteen words for `emit` costs each action a thousand gas
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            log2(add(line, STATE_OFFSET), STATE_SIZE, topic, id)
        }
    }

    /// @dev What is stored of a line, narrowed. Refuses what does not fit.
    function toStored(Line memory line) internal pure returns (StoredState memory state) {
        requireFits(line);
        state.seq = uint32(line.seq);
        state.principal = uint96(line.principal);
        state.undrawn = uint96(line.undrawn);
        state.accruedAt = uint32(line.accruedAt);
        state.unbilled = uint144(line.unbilled);
        state.billed = uint144(line.billed);
        state.billedPrincipal = uint96(line.billedPrincipal);
        state.unpaidSince = uint32(line.unpaidSince);
        state.collateral = uint96(line.collateral);
        state.reserve = uint96(line.reserve);
        state.claimLoan = uint96(line.claimLoan);
        state.claimCollateral = uint96(line.claimCollateral);
        state.flags = uint16(line.flags);
    }

    /// @dev The way back, for readers of the vault's views.
    function fromStored(uint256 id, LineTerms memory terms, StoredState memory state)
        internal
        pure
        returns (Line memory line)
    {
        (line.id, line.terms) = (id, TermsLib.pack(terms));
        (line.seq, line.principal, line.undrawn) = (state.seq, state.principal, state.undrawn);
        (line.accruedAt, line.unbilled, line.billed) = (state.accruedAt, state.unbilled, state.billed);
        (line.billedPrincipal, line.unpaidSince) = (state.billedPrincipal, state.unpaidSince);
        (line.collateral, line.reserve) = (state.collateral, state.reserve);
        (line.claimLoan, line.claimCollateral) = (state.claimLoan, state.claimCollateral);
        line.flags = state.flags;
        line.face = faceOf(line);
    }

    /// @dev What the picture of the NFT depends on, time and price aside: principal, flags, and whether a bill is unpaid.
    function faceOf(Line memory line) internal pure returns (uint256) {
        return line.principal << 48 | line.unpaidSince << 16 | line.flags;
    }

    /// @dev Closed or written off: only claims still move.
    function isOver(Line memory line) internal pure returns (bool) {
        return line.flags & (FLAG_CLOSED | FLAG_WRITTEN_OFF) != 0;
    }

    function isTerminated(Line memory line) internal pure returns (bool) {
        return line.flags & FLAG_TERMINATED != 0;
    }
}
