// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {LineTerms, Status, StoredState} from "../interfaces/ICreditVault.sol";
import {
    BPS,
    CHARGE_DENOMINATOR,
    FLAG_CLOSED,
    FLAG_TERMINATED,
    FLAG_WRITTEN_OFF
} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";
import {MathLib} from "./MathLib.sol";

/// @title ChargesLib
/// @notice What a line owes at any second: one function of its stored facts and time, shared by views and transactions.
/// @dev Charges are numerators over `CHARGE_DENOMINATOR`, so accruing never rounds and n steps equal one. Periods are
/// counted, never walked. The library works on states in memory and changes them in place. The letters of the rule:
/// P principal, U undrawn, N unbilled, Nb billed, A billedPrincipal, S unpaidSince, T accruedAt, O openedAt, W the end
/// of the draw window, M maturity.
library ChargesLib {
    using MathLib for uint256;
    using SafeCast for uint256;

    /// @dev Later than every timestamp, with room to add any grace.
    uint256 internal constant NEVER = type(uint64).max;

    // ---------------------------------------------------------------- the calendar of a line

    /// @dev W: the first second at which nothing can be drawn any more.
    function windowEndsAt(LineTerms memory terms) internal pure returns (uint256) {
        return terms.openedAt + uint256(terms.drawWindowHours) * 1 hours;
    }

    /// @dev M: the second at which everything is billed.
    function maturesAt(LineTerms memory terms) internal pure returns (uint256) {
        return terms.openedAt + uint256(terms.termHours) * 1 hours;
    }

    /// @dev The start of the period that contains `at` ≥ O.
    function boundaryAtOrBefore(LineTerms memory terms, uint256 at) internal pure returns (uint256) {
        return at - (at - terms.openedAt) % (uint256(terms.periodHours) * 1 hours);
    }

    /// @dev The first billing second after `at` < M. Maturity is one, whatever the period.
    function boundaryAfter(LineTerms memory terms, uint256 at) internal pure returns (uint256) {
        return maturesAt(terms).min(boundaryAtOrBefore(terms, at) + uint256(terms.periodHours) * 1 hours);
    }

    /// @dev Since when a bill is, or will be, unpaid if nobody draws or pays; `NEVER` when there will be none.
    function unpaidFrom(StoredState memory state, LineTerms memory terms) internal pure returns (uint256) {
        if (state.unpaidSince != 0) return state.unpaidSince;
        uint256 maturity = maturesAt(terms);
        if (state.accruedAt >= maturity) return NEVER;
        uint256 nextBill = boundaryAfter(terms, state.accruedAt);
        if (chargesWithoutPenalty(state, terms, nextBill) > 0) return nextBill;
        if (state.principal == 0) return NEVER;
        uint256 windowEnd = windowEndsAt(terms);
        if (terms.amortBps == 0 || windowEnd == maturity) return maturity;
        return boundaryAfter(terms, windowEnd.max(state.accruedAt));
    }

    // ---------------------------------------------------------------- accrual

    /// @dev Brings a state to the second `at` ≥ T, as if nobody had acted in between.
    function advance(StoredState memory state, LineTerms memory terms, uint256 at) internal pure {
        uint256 from = state.accruedAt;
        require(at >= from, ErrorsLib.TimeBeforeAccrual(at, from));
        if (at == from) return;

        uint256 since = unpaidFrom(state, terms);
        uint256 charges = chargesUpTo(state, terms, since, at);
        if (at >= maturesAt(terms)) {
            state.billed = (state.billed + charges).toUint144();
            state.unbilled = 0;
            state.billedPrincipal = state.principal;
        } else {
            uint256 boundary = boundaryAtOrBefore(terms, at);
            if (boundary > from) {
                uint256 chargesBilled = chargesUpTo(state, terms, since, boundary);
                state.billed = (state.billed + chargesBilled).toUint144();
                state.unbilled = (charges - chargesBilled).toUint144();
                state.billedPrincipal = _billedPrincipalAt(state, terms, boundary);
            } else {
                state.unbilled = charges.toUint144();
            }
        }
        // A bill that appears or stays appeared at `since`, which is then not `NEVER` and not after `at`.
        state.unpaidSince = state.billed > 0 || state.billedPrincipal > 0 ? since.toUint32() : 0;
        state.accruedAt = at.toUint32();
    }

    /// @dev Unbilled charges at `at` ≥ T without penalty: interest, and the commitment fee, which stops at W.
    function chargesWithoutPenalty(StoredState memory state, LineTerms memory terms, uint256 at)
        internal
        pure
        returns (uint256)
    {
        uint256 from = state.accruedAt;
        uint256 windowEnd = windowEndsAt(terms);
        uint256 interest = uint256(state.principal) * terms.aprBps * (at - from);
        uint256 commitment = uint256(state.undrawn) * terms.commitmentBps * (at.min(windowEnd) - from.min(windowEnd));
        return state.unbilled + interest + commitment;
    }

    /// @dev The same with the penalty, which runs on all principal once the grace of the bill unpaid `since` is over.
    function chargesUpTo(StoredState memory state, LineTerms memory terms, uint256 since, uint256 at)
        internal
        pure
        returns (uint256)
    {
        uint256 graceEnd = since + uint256(terms.graceHours) * 1 hours;
        uint256 late = at.max(graceEnd) - graceEnd.max(state.accruedAt);
        return chargesWithoutPenalty(state, terms, at) + uint256(state.principal) * terms.penaltyBps * late;
    }

    // ---------------------------------------------------------------- what is owed

    /// @dev Billed and unpaid as of T, in loan base units, rounded up.
    function dueUp(StoredState memory state) internal pure returns (uint256) {
        return uint256(state.billed).divUp(CHARGE_DENOMINATOR) + state.billedPrincipal;
    }

    /// @dev All that is owed as of T, in loan base units, rounded up once.
    function debtUp(StoredState memory state) internal pure returns (uint256) {
        return state.principal + chargesUp(state);
    }

    /// @dev The charges in the debt as of T, in loan base units, rounded up once.
    function chargesUp(StoredState memory state) internal pure returns (uint256) {
        return (uint256(state.unbilled) + state.billed).divUp(CHARGE_DENOMINATOR);
    }

    /// @dev Applies `amount` ≤ debt to a state accrued to now: billed charges, billed principal, other charges, principal.
    /// Only what is owed changes; where the money goes is for the vault to say.
    /// @return charges and principal, which add up to `amount`.
    function pay(StoredState memory state, uint256 amount) internal pure returns (uint256 charges, uint256 principal) {
        uint256 left = amount;

        charges = left.min(uint256(state.billed).divUp(CHARGE_DENOMINATOR));
        uint256 settled = charges * CHARGE_DENOMINATOR;
        if (settled >= state.billed) {
            // Whole wei were paid for a fraction: the surplus is credited to the charges that come next.
            state.unbilled = uint256(state.unbilled).zeroFloorSub(settled - state.billed).toUint144();
            state.billed = 0;
        } else {
            state.billed = (state.billed - settled).toUint144();
        }
        left -= charges;

        uint256 billedPrincipal = left.min(state.billedPrincipal);
        left -= billedPrincipal;

        uint256 unbilled = left.min(uint256(state.unbilled).divUp(CHARGE_DENOMINATOR));
        state.unbilled = uint256(state.unbilled).zeroFloorSub(unbilled * CHARGE_DENOMINATOR).toUint144();
        left -= unbilled;
        charges += unbilled;

        principal = billedPrincipal + left;
        state.principal = (state.principal - principal).toUint96();
        state.billedPrincipal = (state.billedPrincipal - billedPrincipal).min(state.principal).toUint96();
        if (state.billed == 0 && state.billedPrincipal == 0) state.unpaidSince = 0;
    }

    // ---------------------------------------------------------------- where a line stands

    /// @dev The status at T of a state accrued to now.
    function statusOf(StoredState memory state, LineTerms memory terms) internal pure returns (Status) {
        if (state.flags & FLAG_WRITTEN_OFF != 0) return Status.WRITTEN_OFF;
        if (state.flags & FLAG_CLOSED != 0) return Status.CLOSED;
        if (state.unpaidSince == 0) return Status.CURRENT;
        if (state.accruedAt == state.unpaidSince) return Status.DUE;
        if (state.accruedAt <= state.unpaidSince + uint256(terms.graceHours) * 1 hours) return Status.PAST_DUE;
        return Status.DEFAULT;
    }

    function inDefault(StoredState memory state, LineTerms memory terms) internal pure returns (bool) {
        return statusOf(state, terms) == Status.DEFAULT;
    }

    /// @dev Whether the lender still lends: before W, on a line that nobody terminated.
    function lends(StoredState memory state, LineTerms memory terms) internal pure returns (bool) {
        return state.flags & FLAG_TERMINATED == 0 && state.accruedAt < windowEndsAt(terms);
    }

    /// @dev Whether the line is closed or written off: only its claims still move.
    function isOver(StoredState memory state) internal pure returns (bool) {
        return state.flags & (FLAG_CLOSED | FLAG_WRITTEN_OFF) != 0;
    }

    // ---------------------------------------------------------------- internal

    /// @dev A at `boundary`: one instalment more for each boundary passed after W, at most P.
    function _billedPrincipalAt(StoredState memory state, LineTerms memory terms, uint256 boundary)
        private
        pure
        returns (uint96)
    {
        uint256 countedTo = windowEndsAt(terms).max(state.accruedAt);
        if (boundary <= countedTo) return state.billedPrincipal;
        uint256 passed =
            (boundary - boundaryAtOrBefore(terms, countedTo)) / (uint256(terms.periodHours) * 1 hours);
        uint256 instalment = (uint256(state.principal) * terms.amortBps).divUp(BPS);
        return (state.billedPrincipal + passed * instalment).min(state.principal).toUint96();
    }
}
