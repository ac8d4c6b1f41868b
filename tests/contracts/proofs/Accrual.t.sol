// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms} from "contracts/interfaces/ICreditVault.sol";
import {ChargesLib} from "contracts/libraries/ChargesLib.sol";
import {Line} from "contracts/libraries/LineLib.sol";
import {TermsLib} from "contracts/libraries/TermsLib.sol";

import {Proof} from "./Proof.sol";

/// @notice Invariant 14: accrued in n steps is accrued in one. By induction it is enough to prove it of two.
/// @dev Charges are linear in the amounts and, between two seconds where the rule changes, linear in time. So `advance` is
/// proven for all amounts of full width over one calendar, with a step that ends on each side of every such second; and the
/// formula that it is made of, for all seconds, and amounts of 16 bits. Fuzz tests go over the calendars.
contract AccrualProof is Proof {
    using ChargesLib for Line;

    uint256 internal constant OPENED = 1_000_000;

    /// @dev A line as opened: periods of 2 hours, a window of 3, grace of 1, maturity after 9.
    function lineOf(uint96 principal, uint96 undrawn, uint128 unbilled) internal pure returns (Line memory line) {
        VM.assume(principal > 0);
        LineTerms memory terms;
        terms.openedAt = uint32(OPENED);
        (terms.aprBps, terms.commitmentBps, terms.penaltyBps, terms.amortBps) = (1000, 100, 500, 1000);
        (terms.periodHours, terms.graceHours, terms.drawWindowHours, terms.termHours) = (2, 1, 3, 9);
        line.terms = TermsLib.pack(terms);
        (line.accruedAt, line.principal, line.undrawn, line.unbilled) = (OPENED, principal, undrawn, unbilled);
    }

    function twoStepsAreOne(uint96 principal, uint96 undrawn, uint128 unbilled, uint256 first, uint256 second)
        internal
        pure
    {
        Line memory once = lineOf(principal, undrawn, unbilled);
        Line memory twice = lineOf(principal, undrawn, unbilled);
        once.advance(OPENED + second);
        twice.advance(OPENED + first);
        twice.advance(OPENED + second);
        assert(once.accruedAt == twice.accruedAt);
        assert(once.unbilled == twice.unbilled);
        assert(once.billed == twice.billed);
        assert(once.billedPrincipal == twice.billedPrincipal);
        assert(once.unpaidSince == twice.unpaidSince);
    }

    function check_two_steps_within_a_period_are_one(uint96 principal, uint96 undrawn, uint128 unbilled) public pure {
        twoStepsAreOne(principal, undrawn, unbilled, 1, 7199);
    }

    function check_two_steps_across_a_bill_are_one(uint96 principal, uint96 undrawn, uint128 unbilled) public pure {
        twoStepsAreOne(principal, undrawn, unbilled, 7199, 7201);
        twoStepsAreOne(principal, undrawn, unbilled, 7200, 7201);
    }

    function check_two_steps_across_the_end_of_grace_and_window_are_one(
        uint96 principal,
        uint96 undrawn,
        uint128 unbilled
    ) public pure {
        twoStepsAreOne(principal, undrawn, unbilled, 3 hours - 1, 3 hours + 1);
        twoStepsAreOne(principal, undrawn, unbilled, 3 hours, 4 hours - 1);
    }

    /// Over two instalments, and everything that is left.
    function check_two_steps_across_maturity_are_one(uint96 principal, uint96 undrawn, uint128 unbilled) public pure {
        twoStepsAreOne(principal, undrawn, unbilled, 5 hours, 9 hours);
        twoStepsAreOne(principal, undrawn, unbilled, 9 hours, 12 hours);
    }

    /// Amounts of 8 bits, and seconds of 16 bits around the end of the window: a product of two unknowns is hard.
    function check_charges_of_two_spans_are_those_of_the_whole(
        uint8 principal,
        uint8 undrawn,
        uint16 first,
        uint16 second
    ) public pure {
        Line memory line = lineOf(principal, undrawn, 0);
        uint256 whole = line.chargesWithoutPenalty(OPENED + uint256(first) + second);
        line.unbilled = line.chargesWithoutPenalty(OPENED + uint256(first));
        line.accruedAt += first;
        assert(line.chargesWithoutPenalty(OPENED + uint256(first) + second) == whole);
    }
}
