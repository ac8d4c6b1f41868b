// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Status} from "../interfaces/ICreditVault.sol";
import {BPS, CHARGE_DENOMINATOR, FLAG_CLOSED, FLAG_WRITTEN_OFF} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";
import {Line, LineLib} from "./LineLib.sol";
import {MathLib} from "./MathLib.sol";

/// @title ChargesLib
/// @notice What a line owes at any second: one function of its stored facts and time, shared by views and transactions.
/// @dev Charges are numerators over `CHARGE_DENOMINATOR`, so accruing never rounds and n steps equal one. Periods are
/// counted, never walked. Lines are changed in place. The letters of the rule: P principal, U undrawn, N unbilled,
/// Nb billed, A billedPrincipal, S unpaidSince, T accruedAt, O openedAt, W the end of the draw window, M maturity.
/// Unchecked arithmetic: amounts are below 2^96, rates at most 2^15, and spans of time below 2^33, so no product reaches
/// 2^145; a difference is taken only where its sign is known, and says why.
library ChargesLib {
    using LineLib for Line;
    using MathLib for uint256;

    /// @dev Later than every timestamp, with room to add any grace.
    uint256 internal constant NEVER = type(uint64).max;

    // ---------------------------------------------------------------- accrual

    /// @dev Since when a bill is, or will be, unpaid if nobody draws or pays; `NEVER` when there will be none.
    function unpaidFrom(Line memory line) internal pure returns (uint256) {
        if (line.unpaidSince != 0) return line.unpaidSince;
        uint256 maturity = line.terms.maturesAt();
        if (line.accruedAt >= maturity) return NEVER;
        if (_willBeCharged(line)) return line.terms.boundaryAfter(line.accruedAt);
        if (line.principal == 0) return NEVER;
        uint256 windowEnd = line.terms.windowEndsAt();
        if (line.terms.amortBps() == 0 || windowEnd == maturity) return maturity;
        return line.terms.boundaryAfter(windowEnd.max(line.accruedAt));
    }

    /// @dev Brings a line to the second `at` ≥ T, as if nobody had acted in between.
    function advance(Line memory line, uint256 at) internal pure {
        uint256 from = line.accruedAt;
        require(at >= from, ErrorsLib.TimeBeforeAccrual(at, from));
        if (at == from) return;

        uint256 maturity = line.terms.maturesAt();
        uint256 boundary = line.terms.boundaryAtOrBefore(at);
        if (at < maturity && boundary <= from && line.unpaidSince == 0) {
            // Between two boundaries and with no bill unpaid, nothing is billed and nothing is late.
            line.unbilled = chargesWithoutPenalty(line, at);
            line.accruedAt = at;
            return;
        }

        uint256 since = unpaidFrom(line);
        uint256 charges = chargesUpTo(line, since, at);
        unchecked {
            // Charges only grow, so what is billed of them at an earlier boundary is no more than they are.
            if (at >= maturity) {
                line.billed += charges;
                line.unbilled = 0;
                line.billedPrincipal = line.principal;
            } else if (boundary > from) {
                uint256 billed = chargesUpTo(line, since, boundary);
                line.billed += billed;
                line.unbilled = charges - billed;
                line.billedPrincipal = _billedPrincipalAt(line, boundary);
            } else {
                line.unbilled = charges;
            }
        }
        // Where a bill is unpaid, `since` is the second at which it appeared, not after `at`.
        bool unpaid = since != NEVER && (line.billed > 0 || line.billedPrincipal > 0);
        line.unpaidSince = unpaid ? since : 0;
        line.accruedAt = at;
    }

    /// @dev Unbilled charges at `at` ≥ T without penalty: interest, and the commitment fee, which stops at W.
    function chargesWithoutPenalty(Line memory line, uint256 at) internal pure returns (uint256 charges) {
        uint256 from = line.accruedAt;
        unchecked {
            charges = line.unbilled + line.principal * line.terms.aprBps() * (at - from);
            uint256 lentUntil = line.terms.windowEndsAt().min(at);
            if (lentUntil > from) charges += line.undrawn * line.terms.commitmentBps() * (lentUntil - from);
        }
    }

    /// @dev The same with the penalty, which runs on all principal once the grace of the bill unpaid `since` is over.
    function chargesUpTo(Line memory line, uint256 since, uint256 at) internal pure returns (uint256 charges) {
        charges = chargesWithoutPenalty(line, at);
        unchecked {
            uint256 graceEnd = since + line.terms.grace();
            if (at > graceEnd) {
                charges += line.principal * line.terms.penaltyBps() * (at - graceEnd.max(line.accruedAt));
            }
        }
    }

    // ---------------------------------------------------------------- what is owed

    /// @dev Billed and unpaid as of T, in loan base units, rounded up.
    function dueUp(Line memory line) internal pure returns (uint256) {
        unchecked {
            return line.billed.divUp(CHARGE_DENOMINATOR) + line.billedPrincipal;
        }
    }

    /// @dev All that is owed as of T, in loan base units, rounded up once.
    function debtUp(Line memory line) internal pure returns (uint256) {
        unchecked {
            return line.principal + (line.unbilled + line.billed).divUp(CHARGE_DENOMINATOR);
        }
    }

    /// @dev Whether the debt is more than zero.
    function isInDebt(Line memory line) internal pure returns (bool) {
        return line.principal | line.unbilled | line.billed != 0;
    }

    /// @dev Applies `amount` ≤ debt to a line accrued to now: billed charges, billed principal, other charges, principal.
    /// Only what is owed changes; where the money goes is for the vault to say.
    /// @return charges and principal, which add up to `amount`.
    function pay(Line memory line, uint256 amount) internal pure returns (uint256 charges, uint256 principal) {
        charges = _payBilledCharges(line, amount);
        unchecked {
            // No part is more than what is left of `amount`, nor than what it is taken from.
            uint256 left = amount - charges;
            principal = left.min(line.billedPrincipal);
            line.billedPrincipal -= principal;
            left -= principal;
            if (left > 0) {
                uint256 unbilled = left.min(line.unbilled.divUp(CHARGE_DENOMINATOR));
                line.unbilled = line.unbilled.zeroFloorSub(unbilled * CHARGE_DENOMINATOR);
                charges += unbilled;
                principal += left - unbilled;
            }
        }
        line.principal -= principal;
        line.billedPrincipal = line.billedPrincipal.min(line.principal);
        if (line.billed | line.billedPrincipal == 0) line.unpaidSince = 0;
    }

    // ---------------------------------------------------------------- where a line stands

    /// @dev The status at T of a line accrued to now.
    function statusOf(Line memory line) internal pure returns (Status) {
        if (line.flags & FLAG_WRITTEN_OFF != 0) return Status.WRITTEN_OFF;
        if (line.flags & FLAG_CLOSED != 0) return Status.CLOSED;
        if (line.unpaidSince == 0) return Status.CURRENT;
        if (line.accruedAt == line.unpaidSince) return Status.DUE;
        return inDefault(line) ? Status.DEFAULT : Status.PAST_DUE;
    }

    /// @dev Whether a bill is unpaid after its grace, on a line accrued to now.
    function inDefault(Line memory line) internal pure returns (bool) {
        unchecked {
            return line.unpaidSince != 0 && line.accruedAt > line.unpaidSince + line.terms.grace();
        }
    }

    /// @dev Whether the lender still lends: before W, on a line that nobody terminated.
    function lends(Line memory line) internal pure returns (bool) {
        return !line.isTerminated() && line.accruedAt < line.terms.windowEndsAt();
    }

    // ---------------------------------------------------------------- internal

    /// @dev Whether there are charges to bill at the next boundary, penalty aside.
    function _willBeCharged(Line memory line) private pure returns (bool) {
        unchecked {
            if (line.unbilled | line.principal * line.terms.aprBps() != 0) return true;
            return line.undrawn * line.terms.commitmentBps() != 0 && line.accruedAt < line.terms.windowEndsAt();
        }
    }

    /// @dev Whole units may be paid for a fraction: that surplus is credited to the charges that come next.
    function _payBilledCharges(Line memory line, uint256 amount) private pure returns (uint256 charges) {
        unchecked {
            uint256 billed = line.billed;
            charges = billed.divUp(CHARGE_DENOMINATOR);
            if (amount < charges) {
                line.billed = billed - amount * CHARGE_DENOMINATOR;
                return amount;
            }
            line.unbilled = line.unbilled.zeroFloorSub(charges * CHARGE_DENOMINATOR - billed);
            line.billed = 0;
        }
    }

    /// @dev A at `boundary`: one instalment more for each boundary passed after W, at most P.
    function _billedPrincipalAt(Line memory line, uint256 boundary) private pure returns (uint256) {
        uint256 countedTo = line.terms.windowEndsAt().max(line.accruedAt);
        if (boundary <= countedTo) return line.billedPrincipal;
        unchecked {
            uint256 span = boundary - line.terms.boundaryAtOrBefore(countedTo);
            // audit: divide-before-multiply: both ends are boundaries, so the division is exact
            // slither-disable-next-line divide-before-multiply
            uint256 passed = span / line.terms.period();
            uint256 instalment = (line.principal * line.terms.amortBps()).divUp(BPS);
            return (line.billedPrincipal + passed * instalment).min(line.principal);
        }
    }
}
