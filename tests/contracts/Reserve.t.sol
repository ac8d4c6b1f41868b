// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Repayment, Source, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {MAX_KEEPER_FEE_BPS} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract ReserveTest is VaultFixture {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openDrawn(20_000e6);
    }

    function withdrawReserve(uint96 amount) internal {
        vm.prank(borrower);
        vault.withdrawReserve(id, amount, borrower);
    }

    function pay(uint96 maxPaid, uint96 maxSpent, uint16 feeBps) internal returns (uint96 paid, uint96 fee) {
        vm.prank(borrower);
        (, paid, fee) = vault.repayFromReserve(id, repaymentOf(maxPaid, maxSpent, feeBps));
    }

    // ---------------------------------------------------------------- in and out

    function test_anyone_may_add_to_the_reserve_and_nothing_is_accrued() public {
        pass(1 days);
        StoredState memory before = vault.stored(id);
        vm.expectEmit(address(vault));
        emit EventsLib.ReserveDeposited(id, stranger, 500e6);
        vm.prank(stranger);
        vault.depositReserve(id, 500e6);
        StoredState memory state = vault.stored(id);
        assertEq(state.reserve, 500e6);
        assertEq(state.accruedAt, before.accruedAt);
        assertSolvent();
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        vault.depositReserve(id, 0);
    }

    function test_the_borrower_takes_its_reserve_back() public {
        depositReserve(id, 500e6);
        uint256 had = usdc.balanceOf(borrower);
        vm.expectEmit(address(vault));
        emit EventsLib.ReserveWithdrawn(id, borrower, 200e6);
        withdrawReserve(200e6);
        assertEq(usdc.balanceOf(borrower), had + 200e6);
        assertEq(vault.stored(id).reserve, 300e6);
        assertSolvent();
    }

    function test_only_the_borrower_takes_the_reserve() public {
        depositReserve(id, 500e6);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.withdrawReserve(id, 1, stranger);
    }

    function test_more_than_the_reserve_and_nothing_are_refused() public {
        depositReserve(id, 500e6);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BeyondReserve.selector, 500e6 + 1, 500e6));
        withdrawReserve(500e6 + 1);
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        withdrawReserve(0);
    }

    /// @custom:rule reserve-stays-for-the-bill
    function test_with_an_unpaid_bill_the_reserve_stays() public {
        depositReserve(id, 500e6);
        pass(PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BillUnpaid.selector, id, START + PERIOD));
        withdrawReserve(1);
    }

    /// @custom:rule reserve-stays-while-unhealthy
    function test_an_unhealthy_line_keeps_its_reserve() public {
        depositReserve(id, 500e6);
        setPrice(499e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.Unhealthy.selector, 20_000e6, 24_950e6, 8000));
        withdrawReserve(1);
        setPrice(500e8);
        withdrawReserve(1);
    }

    function test_without_debt_the_reserve_leaves_without_a_price() public {
        depositReserve(id, 500e6);
        repay(id, type(uint96).max);
        setPrice(0);
        withdrawReserve(500e6);
        assertEq(vault.stored(id).reserve, 0);
    }

    // ---------------------------------------------------------------- paying from it

    /// Pitfall 16: the keeper's fee comes on top, is capped, and the payment is the largest that leaves room for it.
    function testFuzz_a_payment_from_the_reserve_is_the_largest_within_its_bounds(
        uint96 reserve,
        uint96 maxPaid,
        uint96 maxSpent,
        uint16 feeBps
    ) public {
        reserve = uint96(bound(reserve, 1, 30_000e6));
        maxPaid = uint96(bound(maxPaid, 1, 30_000e6));
        maxSpent = uint96(bound(maxSpent, 1, 30_000e6));
        feeBps = uint16(bound(feeBps, 0, MAX_KEEPER_FEE_BPS));
        depositReserve(id, reserve);
        uint256 budget = reserve < maxSpent ? reserve : maxSpent;
        (uint96 paid, uint96 fee) = pay(maxPaid, maxSpent, feeBps);
        assertEq(fee, uint256(paid) * feeBps / 10_000);
        assertLe(paid, maxPaid);
        assertLe(paid, 20_000e6);
        assertLe(uint256(paid) + fee, budget);
        uint256 next = uint256(paid) + 1;
        bool largest = next > maxPaid || next > 20_000e6 || next + next * feeBps / 10_000 > budget;
        assertTrue(largest, "one unit more would still fit");
        assertEq(usdc.balanceOf(keeper), fee);
        assertEq(vault.stored(id).reserve, reserve - paid - fee);
        assertSolvent();
    }

    function test_a_payment_from_the_reserve_is_announced_with_its_source() public {
        depositReserve(id, 5000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, borrower, Source.RESERVE, 0, 1000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.KeeperPaid(id, keeper, address(usdc), 10e6);
        pay(1000e6, 5000e6, 100);
    }

    function test_the_least_fee_is_announced() public {
        depositReserve(id, 5000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.KeeperPaid(id, keeper, address(usdc), 1);
        pay(100, 5000e6, 100);
    }

    function test_without_a_fee_no_keeper_is_announced() public {
        depositReserve(id, 5000e6);
        vm.recordLogs();
        vm.expectCall(address(usdc), abi.encodeCall(IERC20.transfer, (keeper, 0)), 0);
        pay(1000e6, 5000e6, 0);
        assertEq(recordedCount(EventsLib.KeeperPaid.selector), 0);
    }

    /// Pitfall 16
    function test_a_fee_beyond_the_cap_is_refused() public {
        depositReserve(id, 5000e6);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.FeeTooHigh.selector, MAX_KEEPER_FEE_BPS + 1, MAX_KEEPER_FEE_BPS)
        );
        pay(1000e6, 5000e6, uint16(MAX_KEEPER_FEE_BPS + 1));
    }

    function test_only_the_borrower_and_its_operator_pay_from_the_reserve() public {
        depositReserve(id, 5000e6);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.repayFromReserve(id, repaymentOf(1000e6, 1000e6, 0));
        vm.prank(borrower);
        vault.setOperator(stranger, true);
        vm.prank(stranger);
        vault.repayFromReserve(id, repaymentOf(1000e6, 1000e6, 0));
        assertEq(vault.stored(id).principal, 19_000e6);
    }

    function test_an_empty_reserve_pays_nothing_and_says_so() public {
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        pay(1000e6, 1000e6, 0);
    }

    function test_without_debt_nothing_is_paid() public {
        depositReserve(id, 5000e6);
        repay(id, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        pay(1000e6, 1000e6, 0);
    }

    /// The reserve is the borrower's cash: principal paid from it can be drawn again like any.
    function test_principal_paid_from_the_reserve_can_be_drawn_again() public {
        depositReserve(id, 5000e6);
        pay(5000e6, 5000e6, 0);
        assertEq(vault.stored(id).undrawn, LIMIT - 15_000e6);
    }

    // ---------------------------------------------------------------- what is needed

    function assertNothingDue(Repayment memory repayment) internal {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        vm.prank(borrower);
        vault.repayFromReserve(id, repayment);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        vm.prank(borrower);
        vault.neededOf(id, repayment);
    }

    function needed(Repayment memory repayment) internal returns (uint96) {
        vm.prank(borrower);
        return vault.neededOf(id, repayment);
    }

    /// Pitfall 16: a bill is paid as it stands, to the unit, and only where there is one.
    function test_a_bill_is_needed_from_its_second_on_and_no_longer_than_it_is_unpaid() public {
        depositReserve(id, 5000e6);
        pass(PERIOD - 1);
        assertNothingDue(billOf());
        pass(1);
        uint256 due = dueOf(id);
        assertEq(needed(billOf()), due);
        vm.prank(borrower);
        (uint96 needed_, uint96 paid,) = vault.repayFromReserve(id, billOf());
        assertEq(needed_, due);
        assertEq(paid, due);
        assertNothingDue(billOf());
    }

    /// 20,000 dollars against 50 ether: 60 % at 666.67 dollars for one, 70 % at 571.43.
    function test_an_excess_is_needed_above_both_the_threshold_and_the_initial_ltv() public {
        depositReserve(id, 5000e6);
        setPrice(571.43e8);
        assertNothingDue(excessOf(7000));
        setPrice(571.42e8);
        assertEq(needed(excessOf(7000)), 20_000e6 - 28_571e6 * 6 / 10);
        setPrice(667e8);
        assertNothingDue(excessOf(0));
        setPrice(666e8);
        assertEq(needed(excessOf(0)), 20_000e6 - 33_300e6 * 6 / 10);
        vm.prank(borrower);
        (, uint96 paid,) = vault.repayFromReserve(id, excessOf(0));
        assertEq(paid, 20e6);
        assertNothingDue(excessOf(0));
    }

    /// Pitfall 1: without a price there is no excess; what needs none is paid all the same.
    function test_an_excess_needs_a_price_and_a_bill_needs_none() public {
        depositReserve(id, 5000e6);
        pass(PERIOD);
        setPrice(0);
        vm.expectRevert(
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.NON_POSITIVE, address(feed)
            )
        );
        vm.prank(borrower);
        vault.repayFromReserve(id, excessOf(0));
        vm.prank(borrower);
        vault.repayFromReserve(id, billOf());
    }

    function test_an_amount_is_needed_up_to_the_debt() public {
        assertEq(needed(repaymentOf(1000e6, 0, 0)), 1000e6);
        assertEq(needed(repaymentOf(type(uint96).max, 0, 0)), 20_000e6);
        assertNothingDue(repaymentOf(0, type(uint96).max, 0));
    }

    function test_what_is_needed_is_told_even_where_the_reserve_pays_less() public {
        depositReserve(id, 300e6);
        vm.prank(borrower);
        (uint96 needed_, uint96 paid,) = vault.repayFromReserve(id, repaymentOf(1000e6, 1000e6, 0));
        assertEq(needed_, 1000e6);
        assertEq(paid, 300e6);
    }

    function test_what_is_needed_is_told_to_whom_it_would_be_paid_for() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.neededOf(id, billOf());
    }
}
