// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer, Source, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract RepayTest is VaultFixture {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openDrawn(20_000e6);
    }

    /// Pitfall 11: a repayment of everything is clamped, whatever somebody paid a second before.
    function testFuzz_a_repayment_is_clamped_to_the_debt(uint96 before, uint96 amount) public {
        pass(10 days);
        uint256 debt = debtOf(id);
        before = uint96(bound(before, 1, debt - 1));
        amount = uint96(bound(amount, debt, type(uint96).max));
        vm.prank(stranger);
        assertEq(vault.repay(id, before), before);
        uint256 had = usdc.balanceOf(borrower);
        assertEq(repay(id, amount), debt - before);
        assertEq(usdc.balanceOf(borrower), had - (debt - before));
        assertEq(debtOf(id), 0);
        assertSolvent();
    }

    function test_anyone_may_repay() public {
        vm.prank(stranger);
        assertEq(vault.repay(id, 5000e6), 5000e6);
        assertEq(vault.stored(id).principal, 15_000e6);
    }

    function test_a_repayment_of_nothing_is_refused_and_so_is_one_of_no_debt() public {
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        repay(id, 0);
        repay(id, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        repay(id, 1);
    }

    /// Billed charges, billed principal, other charges, principal: charges of the bill come first.
    function testFuzz_a_payment_goes_to_charges_before_principal(uint96 amount) public {
        pass(PERIOD + 5 days);
        StoredState memory before = present(id);
        uint256 billed = chargesUp(before.billed);
        amount = uint96(bound(amount, 1, dueOf(id)));
        uint256 principal = amount > billed ? amount - billed : 0;
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, borrower, Source.CASH, uint96(amount - principal), uint96(principal));
        repay(id, amount);
        StoredState memory state = vault.stored(id);
        assertEq(state.claimLoan, amount - principal);
        assertEq(state.undrawn, before.undrawn + principal);
    }

    function test_paying_what_is_due_clears_the_bill_and_nothing_else() public {
        pass(PERIOD + 5 days);
        assertStatus(id, Status.DEFAULT);
        uint256 due = dueOf(id);
        uint256 debt = debtOf(id);
        repay(id, uint96(due));
        assertEq(dueOf(id), 0);
        assertEq(debtOf(id), debt - due);
        assertStatus(id, Status.CURRENT);
        assertEq(vault.stored(id).unpaidSince, 0);
    }

    /// @custom:rule a-bill-needs-the-whole-bill
    function test_a_bill_paid_short_by_one_unit_stays_unpaid_since_it_appeared() public {
        pass(PERIOD + 1 days);
        repay(id, uint96(dueOf(id) - 1));
        assertEq(dueOf(id), 1);
        assertEq(vault.stored(id).unpaidSince, START + PERIOD);
        assertStatus(id, Status.PAST_DUE);
    }

    /// @custom:rule due-is-not-past-due
    function test_at_its_second_a_bill_is_due_and_a_second_later_past_due() public {
        pass(PERIOD);
        assertStatus(id, Status.DUE);
        skip(1);
        assertStatus(id, Status.PAST_DUE);
        skip(GRACE - 1);
        assertStatus(id, Status.PAST_DUE);
        skip(1);
        assertStatus(id, Status.DEFAULT);
    }

    /// Pitfall 2: what a payer pays beyond a fraction of a unit is credited, not lost.
    /// @custom:rule surplus-is-credited
    function testFuzz_the_surplus_of_a_rounded_bill_is_credited(uint96 drawn, uint32 later) public {
        uint256 other = otherLine(uint96(bound(drawn, MIN_DEBT, 30_000e6)));
        pass(PERIOD + bound(later, 0, GRACE));
        uint256 debt = debtOf(other);
        uint256 due = dueOf(other);
        vm.prank(borrower);
        vault.repay(other, uint96(due));
        assertEq(debtOf(other), debt - due, "paying the bill costs nothing beyond the bill");
    }

    // ---------------------------------------------------------------- where the money goes

    function test_principal_paid_in_time_can_be_drawn_again() public {
        repay(id, 8000e6);
        assertEq(vault.stored(id).undrawn, LIMIT - 12_000e6);
        draw(id, 8000e6);
    }

    function test_charges_go_to_the_holder() public {
        pass(10 days);
        uint256 charges = debtOf(id) - 20_000e6;
        repay(id, type(uint96).max);
        assertEq(vault.stored(id).claimLoan, charges);
        assertEq(vault.stored(id).undrawn, LIMIT);
    }

    /// @custom:rule revolves-only-in-time
    function test_after_the_window_principal_goes_to_the_holder() public {
        for (uint256 bills = 0; bills < WINDOW / PERIOD; ++bills) {
            pass(PERIOD);
            if (dueOf(id) > 0 && vm.getBlockTimestamp() < START + WINDOW) repay(id, uint96(dueOf(id)));
        }
        claimLoan(id);
        assertStatus(id, Status.DUE);
        uint256 debt = debtOf(id);
        repay(id, type(uint96).max);
        assertEq(vault.stored(id).claimLoan, debt);
        assertEq(vault.stored(id).undrawn, LIMIT - 20_000e6);
    }

    /// @custom:rule revolves-only-in-time
    function test_in_default_principal_goes_to_the_holder() public {
        pass(PERIOD + GRACE + 1);
        uint256 debt = debtOf(id);
        repay(id, type(uint96).max);
        assertEq(vault.stored(id).claimLoan, debt);
    }

    function test_within_grace_principal_still_revolves() public {
        pass(PERIOD + GRACE);
        uint256 charges = debtOf(id) - 20_000e6;
        repay(id, type(uint96).max);
        assertEq(vault.stored(id).claimLoan, charges);
    }

    /// @custom:rule revolves-only-in-time
    function test_on_a_terminated_line_principal_goes_to_the_holder() public {
        pass(PERIOD + GRACE + 1);
        vault.terminate(id);
        repay(id, uint96(dueOf(id)));
        uint256 claimed = vault.stored(id).claimLoan;
        repay(id, 1000e6);
        assertEq(vault.stored(id).claimLoan, claimed + 1000e6);
        assertEq(vault.stored(id).undrawn, 0);
    }

    // ---------------------------------------------------------------- what can't stop a repayment

    /// Pitfalls 15 and 19, invariant 12: no price, no guardian and no bill stops a repayment.
    function test_a_repayment_needs_no_price_and_is_not_stopped() public {
        vm.prank(guardian);
        vault.stop();
        skip(3 days);
        setPrice(0);
        repay(id, 1000e6);
        assertEq(repay(id, type(uint96).max), 19_000e6 + chargesOf(id));
        assertEq(debtOf(id), 0);
    }

    /// Pitfall 12 does not bind repayments: a debt may be paid down to one unit.
    /// @custom:rule minimum-never-binds-a-repayment
    function test_a_repayment_may_leave_any_debt() public {
        repay(id, 20_000e6 - 1);
        assertEq(debtOf(id), 1);
        repay(id, 1);
        assertEq(debtOf(id), 0);
    }

    /// Pitfall 8: the lender's refusal to be paid can't reach a repayment, since nothing is sent to it.
    /// @custom:rule nothing-is-pushed-to-the-holder
    function test_a_repayment_sends_nothing_to_the_lender() public {
        pass(10 days);
        uint256 had = usdc.balanceOf(lender);
        repay(id, type(uint96).max);
        assertEq(usdc.balanceOf(lender), had);
    }

    function otherLine(uint96 drawn) internal returns (uint256 other) {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.aprBps = 777;
        other = openWith(offer);
        draw(other, drawn);
    }

    /// Charges since the last repayment are billed to the claim with the next; here nothing else is in it.
    function chargesOf(uint256 line) internal view returns (uint256) {
        return vault.stored(line).claimLoan;
    }
}
