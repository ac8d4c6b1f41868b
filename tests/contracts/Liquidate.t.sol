// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer, Source, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {FLAG_TERMINATED, FLAG_WRITTEN_OFF} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

/// @notice 50 ether secure 60,000 dollars; unhealthy below 1,500 dollars for one.
contract LiquidateTest is VaultFixture {
    uint256 internal constant T0 = 6000;
    uint256 internal constant LLTV = 8000;
    uint256 internal constant INCENTIVE = 10_500;

    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openDrawn(60_000e6);
    }

    function valueOf(uint256 collateral) internal view returns (uint256) {
        return collateral * oracle.measuringPrice() / 1e36;
    }

    // ---------------------------------------------------------------- who can be liquidated

    /// Invariant 10: at the limit itself a line is healthy.
    /// @custom:rule unhealthy-is-strict
    function test_a_healthy_line_is_not_liquidated() public {
        setPrice(1500e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotLiquidatable.selector, id));
        liquidate(id, 1e6);
        setPrice(1500e8 - 1);
        liquidate(id, 1e6);
    }

    function test_a_line_without_debt_is_not_liquidated_at_any_price() public {
        repay(id, type(uint96).max);
        setPrice(1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotLiquidatable.selector, id));
        liquidate(id, 1);
    }

    function test_a_line_without_debt_is_not_liquidated_without_a_price_either() public {
        repay(id, type(uint96).max);
        setPrice(0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotLiquidatable.selector, id));
        liquidate(id, 1);
    }

    // ---------------------------------------------------------------- how much

    /// Liquidating all that the rule allows restores the initial LTV, and takes no more than the rule.
    /// @custom:rule liquidation-restores-the-target
    function testFuzz_a_liquidation_restores_the_initial_ltv(int256 price) public {
        price = bound(price, 1300e8, 1500e8 - 1);
        setPrice(price);
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        StoredState memory state = vault.stored(id);
        assertEq(state.collateral, MIN_COLLATERAL - seized);
        uint256 debt = debtOf(id);
        assertEq(debt, 60_000e6 - repaid);
        assertLe(debt * 1e4, T0 * valueOf(state.collateral) + 2e4, "restored, to the unit");
        // One unit less would not have been enough.
        uint256 lessSeized = uint256(repaid - 1) * INCENTIVE * 1e32 / oracle.measuringPrice();
        assertGt((debt + 1) * 1e4 + 2e4, T0 * valueOf(MIN_COLLATERAL - lessSeized), "no more than needed");
        assertEq(seized, uint256(repaid) * INCENTIVE * 1e32 / oracle.measuringPrice(), "worth the payment and bonus");
        assertEq(state.claimLoan, repaid, "proceeds are the holder's");
        assertSolvent();
    }

    /// The caller's amount is clamped to what the rule allows.
    /// @custom:rule liquidation-is-clamped, write-off-needs-nothing-left
    function test_a_liquidator_pays_what_it_asked_for_or_what_is_allowed() public {
        setPrice(1400e8);
        uint256 had = usdc.balanceOf(liquidator);
        (uint96 repaid,) = liquidate(id, 1000e6);
        assertEq(repaid, 1000e6);
        assertEq(usdc.balanceOf(liquidator), had - 1000e6);
        (repaid,) = liquidate(id, type(uint96).max);
        assertLt(repaid, 59_000e6);
    }

    /// Pitfall 12: no leftover below the minimum debt.
    /// @custom:rule leftover-is-repaid-too
    function test_a_leftover_below_the_minimum_debt_is_repaid_with_the_rest() public {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.minCollateral = 0;
        id = openWith(offer, 1000e6);
        vm.prank(borrower);
        vault.deposit(id, 0.25e18);
        draw(id, 299e6);
        setPrice(1450e8);
        // What restores the initial LTV leaves less than 100 dollars: all may be repaid.
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, 299e6);
        assertEq(debtOf(id), 0);
        assertEq(seized, uint256(299e6) * INCENTIVE * 1e32 / oracle.measuringPrice());
    }

    /// Pitfall 12
    function test_a_partial_liquidation_that_would_leave_too_little_is_refused() public {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.minCollateral = 0;
        id = openWith(offer, 1000e6);
        vm.prank(borrower);
        vault.deposit(id, 0.25e18);
        draw(id, 299e6);
        setPrice(1450e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BelowMinDebt.selector, 99e6, MIN_DEBT));
        liquidate(id, 200e6);
        liquidate(id, 199e6);
        assertEq(debtOf(id), MIN_DEBT);
    }

    /// Where the collateral is used up there is nothing left to liquidate, however little is left of the debt.
    function test_a_leftover_below_the_minimum_debt_may_stay_when_all_collateral_is_seized() public {
        setPrice(1259e8);
        uint256 whole = (62_950e6 * 1e4 + INCENTIVE - 1) / INCENTIVE;
        assertGt(60_000e6 - whole, 0);
        assertLt(60_000e6 - whole, MIN_DEBT);
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, whole);
        assertEq(seized, MIN_COLLATERAL);
        assertStatus(id, Status.WRITTEN_OFF);
    }

    function test_a_liquidation_is_announced_with_who_paid_and_who_got() public {
        setPrice(1400e8);
        uint256 seized = uint256(1000e6) * INCENTIVE * 1e32 / 1.4e27;
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, liquidator, Source.LIQUIDATION, 0, 1000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Liquidated(id, liquidator, stranger, 1000e6, uint96(seized), 1.4e27);
        vm.prank(liquidator);
        vault.liquidate(id, 1000e6, 0, stranger);
    }

    function test_a_defaulted_line_may_be_repaid_whole_at_a_healthy_price() public {
        pass(PERIOD + GRACE + 1);
        uint256 debt = debtOf(id);
        uint256 seizes = debt * INCENTIVE * 1e32 / PRICE_2000;
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, debt);
        assertEq(seized, seizes);
        assertEq(debtOf(id), 0);
        assertStatus(id, Status.CURRENT);
    }

    /// @custom:rule default-may-be-repaid-whole
    function test_a_line_is_not_in_default_within_its_grace() public {
        pass(PERIOD + GRACE);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotLiquidatable.selector, id));
        liquidate(id, 1e6);
    }

    // ---------------------------------------------------------------- the reserve pays first

    /// @custom:rule reserve-pays-first
    function test_the_reserve_pays_first_without_a_bonus_and_may_be_enough() public {
        depositReserve(id, 30_000e6);
        setPrice(1400e8);
        // 60,000 against 60 % of 70,000: 18,000 restore the initial LTV.
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, liquidator, Source.RESERVE, 0, 18_000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Liquidated(id, liquidator, liquidator, 0, 0, oracle.measuringPrice());
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, 0);
        assertEq(seized, 0);
        StoredState memory state = vault.stored(id);
        assertEq(state.reserve, 12_000e6);
        assertEq(state.claimLoan, 18_000e6, "the holder's, not undrawn");
        assertEq(state.principal, 42_000e6);
        assertSolvent();
    }

    function test_a_reserve_that_is_not_enough_is_spent_before_collateral_is() public {
        depositReserve(id, 1000e6);
        setPrice(1400e8);
        (uint96 repaid,) = liquidate(id, type(uint96).max);
        assertGt(repaid, 0);
        StoredState memory state = vault.stored(id);
        assertEq(state.reserve, 0);
        assertEq(state.claimLoan, uint256(repaid) + 1000e6);
    }

    /// Pitfall 16 in spirit: a caller that wants collateral says how much, and is not made to pay for nothing.
    function test_a_liquidator_names_the_least_it_takes() public {
        depositReserve(id, 30_000e6);
        setPrice(1400e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.SeizedTooLittle.selector, 0, 1));
        vm.prank(liquidator);
        vault.liquidate(id, type(uint96).max, 1, liquidator);
    }

    /// A dead feed does not keep the reserve of a defaulted line from the holder.
    function test_in_default_the_reserve_pays_without_a_price() public {
        depositReserve(id, 500e6);
        skip(PERIOD + GRACE + 1);
        setPrice(0);
        vm.expectRevert(
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.NON_POSITIVE, address(feed)
            )
        );
        liquidate(id, 1);
        liquidate(id, 0);
        assertEq(vault.stored(id).claimLoan, 500e6);
    }

    /// Whatever the caller was ready to pay.
    function test_in_default_a_reserve_that_pays_all_leaves_nothing_to_ask_a_price_for() public {
        depositReserve(id, 70_000e6);
        skip(PERIOD + GRACE + 1);
        setPrice(0);
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, 0);
        assertEq(seized, 0);
        assertEq(debtOf(id), 0);
    }

    /// Nothing is lost, so nothing is written off.
    function test_a_debt_that_the_reserve_pays_to_the_last_unit_is_not_written_off() public {
        setPrice(1000e8);
        vm.prank(borrower);
        vault.repayInKind(id, repaymentOf(type(uint96).max, type(uint96).max, 0));
        assertEq(vault.stored(id).collateral, 0);
        depositReserve(id, uint96(debtOf(id)));
        liquidate(id, 0);
        assertEq(debtOf(id), 0);
        assertEq(vault.stored(id).reserve, 0);
        assertStatus(id, Status.CURRENT);
    }

    /// A bill that the reserve cleared ends the default: then health decides how much, not the debt.
    /// @custom:rule health-is-tested-again
    function test_a_reserve_that_pays_the_bill_saves_a_healthy_line() public {
        pass(PERIOD + GRACE + 1);
        depositReserve(id, uint96(dueOf(id)));
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, 0);
        assertEq(seized, 0);
        assertStatus(id, Status.CURRENT);
        assertGt(debtOf(id), 0);
    }

    // ---------------------------------------------------------------- what is not covered

    function test_a_debt_that_collateral_cannot_cover_is_written_off() public {
        setPrice(1000e8);
        uint256 whole = (50_000e6 * 1e4 + INCENTIVE - 1) / INCENTIVE;
        vm.expectEmit(address(vault));
        emit EventsLib.WrittenOff(id, uint96(60_000e6 - whole), 0);
        vm.expectEmit(address(vault));
        emit EventsLib.Terminated(id, LIMIT - 60_000e6);
        (uint96 repaid, uint96 seized) = liquidate(id, type(uint96).max);
        assertEq(repaid, whole);
        assertEq(seized, MIN_COLLATERAL, "all of it");
        StoredState memory state = vault.stored(id);
        assertEq(state.flags, FLAG_TERMINATED | FLAG_WRITTEN_OFF);
        assertEq(state.claimLoan, whole + LIMIT - 60_000e6, "undrawn is released");
        assertEq(debtOf(id), 0);
        assertStatus(id, Status.WRITTEN_OFF);
        assertSolvent();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LineClosed.selector, id));
        repay(id, 1);
        claimLoan(id);
        vm.expectRevert();
        nft.ownerOf(id);
    }

    /// Invariant 11: the write-off records exactly what the debt was.
    function testFuzz_a_write_off_records_the_whole_debt(uint32 wait) public {
        pass(bound(wait, 1, TERM));
        setPrice(900e8);
        uint256 debt = debtOf(id);
        vm.recordLogs();
        (uint96 repaid,) = liquidate(id, type(uint96).max);
        (uint96 principal, uint256 charges) = abi.decode(recordedLog(EventsLib.WrittenOff.selector), (uint96, uint256));
        assertEq(principal + charges + repaid, debt);
    }

    function test_a_line_that_is_written_off_owes_nothing_of_any_kind() public {
        pass(PERIOD + 1 days);
        setPrice(900e8);
        liquidate(id, type(uint96).max);
        StoredState memory state = vault.stored(id);
        assertEq(state.principal + state.billedPrincipal + state.unpaidSince, 0);
        assertEq(state.billed + state.unbilled, 0);
    }

    /// What is paid clears charges first: they are left only when it does not even cover those.
    function test_a_write_off_forgives_charges_billed_and_unbilled() public {
        pass(PERIOD + 1 days);
        repay(id, 1);
        StoredState memory state = vault.stored(id);
        assertTrue(state.billed > 0 && state.unbilled > 0);
        setPrice(1e4);
        liquidate(id, type(uint96).max);
        state = vault.stored(id);
        assertEq(state.billed, 0);
        assertEq(state.unbilled, 0);
        assertStatus(id, Status.WRITTEN_OFF);
    }

    function test_a_debt_of_one_unit_may_be_liquidated() public {
        repay(id, uint96(debtOf(id) - 1));
        vm.prank(borrower);
        vault.withdraw(id, MIN_COLLATERAL - 1e9, borrower);
        setPrice(900e8);
        (, uint96 seized) = liquidate(id, 1);
        assertEq(seized, 1e9);
    }

    function test_without_a_reserve_nothing_is_said_to_come_from_it() public {
        setPrice(1000e8);
        vm.recordLogs();
        liquidate(id, type(uint96).max);
        assertEq(recordedCount(EventsLib.Repaid.selector), 1, "the liquidator's payment");
    }

    function test_a_terminated_line_that_is_written_off_is_not_terminated_again() public {
        pass(PERIOD + GRACE + 1);
        vault.terminate(id);
        setPrice(900e8);
        vm.recordLogs();
        liquidate(id, type(uint96).max);
        assertEq(recordedCount(EventsLib.Terminated.selector), 0);
        assertEq(vault.stored(id).flags, FLAG_TERMINATED | FLAG_WRITTEN_OFF);
    }

    /// Dust of collateral that is worth nothing does not keep a dead line alive.
    function test_collateral_worth_nothing_is_seized_for_nothing() public {
        setPrice(1000e8);
        uint256 whole = (50_000e6 * 1e4 + INCENTIVE - 1) / INCENTIVE;
        liquidate(id, uint96(whole - 1));
        StoredState memory state = vault.stored(id);
        assertGt(state.collateral, 0);
        setPrice(1);
        (uint96 repaid, uint96 seized) = liquidate(id, 1);
        assertEq(repaid, 0);
        assertEq(seized, state.collateral);
        assertStatus(id, Status.WRITTEN_OFF);
    }

    /// What is worth nothing at any price needs none.
    function test_a_line_without_collateral_is_written_off_without_a_price() public {
        setPrice(1000e8);
        vm.prank(borrower);
        (,, uint96 seized,) = vault.repayInKind(id, repaymentOf(type(uint96).max, type(uint96).max, 0));
        assertEq(seized, MIN_COLLATERAL, "paid in kind to the last unit");
        setPrice(0);
        vm.expectEmit(address(vault));
        emit EventsLib.Liquidated(id, liquidator, liquidator, 0, 0, 0);
        liquidate(id, 1000e6);
        assertStatus(id, Status.WRITTEN_OFF);
    }

    /// Pitfall 4: lines stand in no order: the one opened last is liquidated first, and the first is untouched.
    function test_lines_are_liquidated_in_any_order() public {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        uint256 last = openWith(offer);
        draw(last, 60_000e6);
        setPrice(1000e8);
        bytes32 first = vault.stateHash(id);
        liquidate(last, type(uint96).max);
        assertEq(vault.stateHash(id), first);
        liquidate(id, type(uint96).max);
        assertSolvent();
    }

    // ---------------------------------------------------------------- prices that liquidate

    /// Pitfall 19: what stops draws does not stop a liquidation.
    /// @custom:rule measuring-ignores-bounds
    function test_bounds_do_not_stop_a_liquidation() public {
        setPrice(5e8);
        (IOracleAdapter.Reason reason,) = oracle.assess();
        assertEq(uint256(reason), uint256(IOracleAdapter.Reason.OUT_OF_BOUNDS));
        liquidate(id, type(uint96).max);
    }

    function test_a_stale_feed_liquidates_nobody() public {
        setPrice(1000e8);
        skip(1 hours + 5 minutes + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.STALE, address(feed))
        );
        liquidate(id, 1);
    }

    function test_a_liquidation_to_nobody_is_refused() public {
        setPrice(1000e8);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vm.prank(liquidator);
        vault.liquidate(id, 1, 0, address(0));
    }
}
