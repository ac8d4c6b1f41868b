// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {LineTerms, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {CHARGE_DENOMINATOR, MAX_LIMIT} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";

import {ChargesHarness} from "./support/ChargesHarness.sol";
import {SecondBySecond} from "./support/SecondBySecond.sol";

/// @notice What is owed at any second, for any terms and any state.
contract AccrualTest is Test {
    uint32 internal constant OPENED = 1_700_000_000;

    ChargesHarness internal charges = ChargesHarness(deployCode("ChargesHarness.sol"));

    // ---------------------------------------------------------------- against a definition that anyone can check

    /// Invariant 14: the closed form equals the second-by-second definition, whoever pokes when.
    /// forge-config: default.fuzz.runs = 24
    function testFuzz_accrual_equals_its_second_by_second_definition(uint256 seed, uint16 first, uint16 second)
        public
        view
    {
        LineTerms memory terms = someTerms(seed, 3);
        StoredState memory state = newState(seed);
        uint256 until = OPENED + bound(first, 0, 4 hours);
        SecondBySecond.advance(terms, state, until);
        StoredState memory later = copy(state);
        until += bound(second, 0, 4 hours);
        SecondBySecond.advance(terms, later, until);
        assertSame(charges.advance(terms, state, until), later);
    }

    /// Invariant 14, pitfall 2: n steps equal one.
    function testFuzz_accruing_in_steps_equals_accruing_at_once(uint256 seed, uint32[6] memory steps) public view {
        LineTerms memory terms = someTerms(seed, 400);
        StoredState memory state = newState(seed);
        StoredState memory stepped = copy(state);
        uint256 at = OPENED;
        for (uint256 i = 0; i < steps.length; ++i) {
            at += bound(steps[i], 0, 30 days);
            stepped = charges.advance(terms, stepped, at);
        }
        assertSame(charges.advance(terms, state, at), stepped);
    }

    /// Charges never fall while nobody acts, and A never exceeds P.
    /// @custom:rule billed-is-part-of-principal
    function testFuzz_debt_and_bill_only_grow_with_time(uint256 seed, uint32 wait, uint32 more) public view {
        LineTerms memory terms = someTerms(seed, 400);
        StoredState memory earlier = charges.advance(terms, newState(seed), OPENED + bound(wait, 0, 2000 hours));
        StoredState memory later = charges.advance(terms, earlier, earlier.accruedAt + bound(more, 0, 2000 hours));
        (uint256 dueEarlier, uint256 debtEarlier) = charges.owed(terms, earlier);
        (uint256 dueLater, uint256 debtLater) = charges.owed(terms, later);
        assertGe(debtLater, debtEarlier);
        assertGe(dueLater, dueEarlier);
        assertLe(later.billedPrincipal, later.principal);
        assertLe(dueLater, debtLater);
    }

    /// The widths hold: the largest limit at the highest rates for as long as timestamps fit.
    function test_the_largest_line_at_the_highest_rates_never_overflows() public view {
        LineTerms memory terms = someTerms(0, 400);
        (terms.aprBps, terms.penaltyBps, terms.commitmentBps) = (10_000, 10_000, 1_000);
        (terms.termHours, terms.drawWindowHours, terms.graceHours) = (65_535, 65_535, 0);
        terms.openedAt = 1;
        StoredState memory state;
        state.principal = uint96(MAX_LIMIT);
        state.accruedAt = 1;
        state = charges.advance(terms, state, type(uint32).max);
        assertGt(state.billed, 0);
        assertEq(state.billedPrincipal, MAX_LIMIT);
    }

    function test_the_past_is_refused() public {
        LineTerms memory terms = someTerms(1, 400);
        StoredState memory state = newState(1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.TimeBeforeAccrual.selector, OPENED - 1, OPENED));
        charges.advance(terms, state, OPENED - 1);
    }

    // ---------------------------------------------------------------- by example

    function test_interest_of_a_year_is_the_rate() public view {
        LineTerms memory terms = plainTerms();
        StoredState memory state = charges.advance(terms, drawn(1_000_000), OPENED + 365 days);
        (, uint256 debt) = charges.owed(terms, state);
        assertEq(debt, 1_100_000);
    }

    /// @custom:rule commitment-stops-at-the-window
    function test_the_commitment_fee_stops_with_the_draw_window() public view {
        LineTerms memory terms = plainTerms();
        terms.commitmentBps = 100;
        terms.drawWindowHours = 365 * 24;
        StoredState memory state;
        (state.undrawn, state.accruedAt) = (1_000_000, OPENED);
        (, uint256 atWindow) = charges.owed(terms, charges.advance(terms, state, OPENED + 365 days));
        (, uint256 later) = charges.owed(terms, charges.advance(terms, state, OPENED + 700 days));
        assertEq(atWindow, 10_000);
        assertEq(later, 10_000);
    }

    /// @custom:rule no-penalty-within-grace
    function test_the_penalty_starts_when_the_grace_is_over() public view {
        LineTerms memory terms = plainTerms();
        (terms.aprBps, terms.penaltyBps, terms.graceHours) = (0, 1000, 48);
        StoredState memory state = drawn(1_000_000);
        state.unpaidSince = OPENED;
        state.billedPrincipal = 1;
        assertEq(charges.advance(terms, state, OPENED + 48 hours).unbilled, 0);
        assertEq(charges.advance(terms, state, OPENED + 48 hours + 1).unbilled, 1_000_000 * 1000);
    }

    /// @custom:rule billed-is-part-of-principal
    function test_amortisation_is_billed_at_boundaries_after_the_window_only() public view {
        LineTerms memory terms = plainTerms();
        (terms.aprBps, terms.amortBps, terms.periodHours, terms.drawWindowHours) = (0, 1000, 24, 48);
        StoredState memory state = drawn(1_000_001);
        assertEq(charges.advance(terms, state, OPENED + 48 hours).billedPrincipal, 0, "the boundary at W itself");
        StoredState memory first = charges.advance(terms, state, OPENED + 72 hours);
        assertEq(first.billedPrincipal, 100_001, "rounded up");
        assertEq(first.unpaidSince, OPENED + 72 hours);
        assertEq(charges.advance(terms, state, OPENED + 24 * 100 hours).billedPrincipal, 1_000_001, "at most P");
    }

    function test_at_maturity_everything_is_billed() public view {
        LineTerms memory terms = plainTerms();
        terms.aprBps = 0;
        StoredState memory state = drawn(1_000_000);
        uint256 maturity = OPENED + uint256(terms.termHours) * 1 hours;
        assertEq(charges.advance(terms, state, maturity - 1).billedPrincipal, 0);
        StoredState memory matured = charges.advance(terms, state, maturity);
        assertEq(matured.billedPrincipal, 1_000_000);
        assertEq(matured.unpaidSince, maturity);
    }

    // ---------------------------------------------------------------- paying

    /// Pitfall 2: half a unit billed and half a unit to come are one unit, not two.
    function test_what_is_paid_beyond_the_fraction_of_a_bill_is_credited() public view {
        StoredState memory state = drawn(0);
        (state.billed, state.unbilled) = (uint144(CHARGE_DENOMINATOR / 2), uint144(CHARGE_DENOMINATOR / 2));
        state.unpaidSince = OPENED;
        (StoredState memory paid,,) = charges.pay(plainTerms(), state, 1);
        (, uint256 debt) = charges.owed(plainTerms(), paid);
        assertEq(debt, 0);
        assertEq(paid.unbilled, 0);
    }

    /// Paying the bill takes the bill off the debt, and clears it.
    function testFuzz_paying_the_bill_clears_it_and_costs_no_more(uint256 seed, uint32 wait) public view {
        LineTerms memory terms = someTerms(seed, 400);
        StoredState memory state = charges.advance(terms, newState(seed), OPENED + bound(wait, 0, 9000 hours));
        (uint256 due, uint256 debt) = charges.owed(terms, state);
        (StoredState memory paid,,) = charges.pay(terms, state, due);
        (uint256 dueLeft, uint256 debtLeft) = charges.owed(terms, paid);
        assertEq(debtLeft, debt - due);
        assertEq(dueLeft, 0);
        assertEq(paid.unpaidSince, 0);
    }

    /// Paying x takes x off the debt: nothing is lost, whatever was rounded.
    function testFuzz_a_payment_takes_exactly_itself_off_the_debt(uint256 seed, uint32 wait, uint256 amount)
        public
        view
    {
        LineTerms memory terms = someTerms(seed, 400);
        StoredState memory state = charges.advance(terms, newState(seed), OPENED + bound(wait, 0, 9000 hours));
        (uint256 due, uint256 debt) = charges.owed(terms, state);
        amount = bound(amount, 0, debt);
        (StoredState memory paid, uint256 toCharges, uint256 toPrincipal) = charges.pay(terms, state, amount);
        (uint256 dueLeft, uint256 debtLeft) = charges.owed(terms, paid);
        assertEq(toCharges + toPrincipal, amount);
        assertEq(debtLeft, debt - amount);
        assertEq(dueLeft, amount < due ? due - amount : 0, "the bill is paid first");
        assertEq(paid.unpaidSince, dueLeft > 0 ? state.unpaidSince : 0);
        assertEq(state.principal - paid.principal, toPrincipal);
        assertLe(paid.billedPrincipal, paid.principal);
    }

    /// Pitfall 13: rounding never favours the payer; many small payments take off no more than one large.
    function testFuzz_paying_in_two_parts_is_no_cheaper(uint256 seed, uint32 wait, uint256 part) public view {
        LineTerms memory terms = someTerms(seed, 400);
        StoredState memory state = charges.advance(terms, newState(seed), OPENED + bound(wait, 0, 9000 hours));
        (, uint256 debt) = charges.owed(terms, state);
        part = bound(part, 0, debt);
        (StoredState memory half,,) = charges.pay(terms, state, part);
        (StoredState memory none,,) = charges.pay(terms, half, debt - part);
        assertEq(none.principal, 0);
        assertEq(none.unbilled, 0);
        assertEq(none.billed, 0);
        assertEq(none.unpaidSince, 0);
    }

    // ---------------------------------------------------------------- support

    function plainTerms() internal pure returns (LineTerms memory terms) {
        terms.aprBps = 1000;
        terms.periodHours = 720;
        terms.termHours = 30_000;
        terms.openedAt = OPENED;
    }

    function drawn(uint96 principal) internal pure returns (StoredState memory state) {
        state.principal = principal;
        state.accruedAt = OPENED;
    }

    /// @dev Any terms, with durations of at most `hours_`, and each of them zero or equal often enough.
    function someTerms(uint256 seed, uint256 hours_) internal pure returns (LineTerms memory terms) {
        terms.openedAt = OPENED;
        terms.aprBps = uint16(pick(seed, "apr", 10_000));
        terms.commitmentBps = uint16(pick(seed, "commitment", 1_000));
        terms.penaltyBps = uint16(pick(seed, "penalty", 10_000));
        terms.amortBps = uint16(pick(seed, "amort", 10_000));
        terms.periodHours = uint16(1 + pick(seed, "period", hours_ / 2));
        terms.graceHours = uint16(pick(seed, "grace", hours_ / 2));
        // With a term of zero nothing can be drawn, so no such state has a principal.
        terms.termHours = uint16(1 + pick(seed, "term", hours_ * 2 - 1));
        terms.drawWindowHours = uint16(pick(seed, "window", terms.termHours));
    }

    function newState(uint256 seed) internal pure returns (StoredState memory state) {
        state.accruedAt = OPENED;
        state.principal = uint96(pick(seed, "principal", 1e12));
        state.undrawn = uint96(pick(seed, "undrawn", 1e12));
    }

    /// @dev Between zero and `most`: each of the two ends one time in six.
    function pick(uint256 seed, string memory what, uint256 most) internal pure returns (uint256) {
        uint256 random = uint256(keccak256(abi.encode(seed, what)));
        if (random % 6 == 0) return 0;
        if (random % 6 == 1) return most;
        return (random >> 8) % (most + 1);
    }

    function copy(StoredState memory state) internal pure returns (StoredState memory) {
        return abi.decode(abi.encode(state), (StoredState));
    }

    function assertSame(StoredState memory a, StoredState memory b) internal pure {
        assertEq(a.accruedAt, b.accruedAt, "accruedAt");
        assertEq(a.unbilled, b.unbilled, "unbilled");
        assertEq(a.billed, b.billed, "billed");
        assertEq(a.billedPrincipal, b.billedPrincipal, "billedPrincipal");
        assertEq(a.unpaidSince, b.unpaidSince, "unpaidSince");
        assertEq(a.principal, b.principal, "principal");
    }
}
