// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Observation} from "contracts/interfaces/IAttestedFeed.sol";
import {Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {From, Kind, Mandate, MandateState} from "contracts/interfaces/IRepayTrigger.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {AttestedFeed} from "contracts/oracle/AttestedFeed.sol";

import {TriggerFixture} from "./support/TriggerFixture.sol";

contract RepayTriggerFireTest is TriggerFixture {
    /// @dev In the order of their addresses.
    uint256[3] internal reporterKeys = [4, 2, 3];

    // ---------------------------------------------------------------- DUE

    /// Pitfall 16: a keeper is paid for a bill that is due, and not before.
    function test_due_fires_when_a_bill_is_unpaid_and_not_before() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD - 1);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        pass(1);
        uint256 due = dueOf(id);
        uint256 fee = due / 100;
        vm.expectEmit(address(trigger));
        emit EventsLib.Fired(
            trigger.hashMandate(mandate), id, keeper, 0, uint32(PERIOD / 1 days), uint96(due), uint96(due + fee), true
        );
        (uint96 paid, uint96 spent) = fire(mandate);
        assertEq(paid, due);
        assertEq(spent, due + fee);
        assertEq(usdc.balanceOf(keeper), fee);
        assertStatus(id, Status.CURRENT);
        assertSolvent();
    }

    /// Pitfall 16, invariant 8: the same bill is not paid twice.
    function test_due_does_not_fire_twice_for_one_bill() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        fire(mandate);
        bytes memory closed =
            abi.encodeWithSelector(ErrorsLib.PeriodClosed.selector, trigger.hashMandate(mandate), PERIOD / 1 days);
        refuse(mandate, closed);
        pass(1 days);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
    }

    /// The gate is by amount: nobody closes a period with a wei.
    /// @custom:rule period-closes-by-amount
    function test_a_period_closes_when_the_need_is_met_or_the_cap_is_spent_and_not_by_a_wei() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        register(mandate);
        pass(PERIOD);
        uint256 due = dueOf(id);
        vm.prank(borrower);
        vault.repayFromReserve(id, repaymentOf(5000e6 - 1, type(uint96).max, 0));
        // One unit is left in the reserve: the firing pays it, and the period stays open for the rest.
        due = dueOf(id);
        assertEq(due, 0);
        draw(id, 4000e6);
        pass(PERIOD);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 1);
        assertFalse(stateOf(mandate).closed);
        depositReserve(id, 5000e6);
        due = dueOf(id);
        (paid,) = fire(mandate);
        assertEq(paid, due);
        assertTrue(stateOf(mandate).closed);
        assertEq(stateOf(mandate).fires, 2);
    }

    /// Invariant 8: what a period spent stays spent, over several firings.
    /// @custom:rule cap-holds-in-a-period
    function test_a_second_firing_in_a_period_has_what_the_first_left_of_the_cap() public {
        Mandate memory mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        (mandate.amount, mandate.feeBps) = (3000e6, 0);
        register(mandate);
        vm.prank(borrower);
        vault.withdrawReserve(id, 4000e6, borrower);
        setPrice(1400e8);
        (, uint96 spent) = fire(mandate);
        assertEq(spent, 1000e6, "all of the reserve");
        depositReserve(id, 500e6);
        (, spent) = fire(mandate);
        assertEq(spent, 500e6, "all of it again");
        depositReserve(id, 9000e6);
        (, spent) = fire(mandate);
        assertEq(spent, 2500e6, "what is left of the cap");
        assertEq(stateOf(mandate).spent, mandate.capPerPeriod);
        assertTrue(stateOf(mandate).closed);
    }

    /// Invariant 8: payment and fee together never exceed the cap of a period.
    /// @custom:rule cap-holds-in-a-period
    function testFuzz_a_period_spends_at_most_its_cap(uint96 cap, uint16 feeBps, uint8 firings) public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.capPerPeriod = uint96(bound(cap, 1, 300e6));
        mandate.feeBps = uint16(bound(feeBps, 0, 100));
        register(mandate);
        pass(PERIOD);
        uint256 had = vault.stored(id).reserve;
        for (uint256 i = 0; i < bound(firings, 1, 4); ++i) {
            vm.prank(keeper);
            try trigger.fire(mandate, keeper) {} catch {}
        }
        assertLe(had - vault.stored(id).reserve, mandate.capPerPeriod);
        assertEq(stateOf(mandate).spent, had - vault.stored(id).reserve);
    }

    function test_a_new_period_starts_with_nothing_spent() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.capPerPeriod = 10e6;
        mandate.feeBps = 0;
        register(mandate);
        pass(PERIOD);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 10e6);
        assertTrue(stateOf(mandate).closed);
        skip(1 days - 1);
        vm.expectRevert();
        fire(mandate);
        skip(1);
        (paid,) = fire(mandate);
        assertEq(paid, 10e6);
        MandateState memory state = stateOf(mandate);
        assertEq(state.period, PERIOD / 1 days + 1);
        assertEq(state.spent, 10e6);
        assertEq(state.fires, 2);
    }

    /// In kind for a bill: collateral to the holder's claim, at the discount.
    function test_due_in_kind_pays_the_bill_with_collateral() public {
        Mandate memory mandate = registered(Kind.DUE, From.COLLATERAL);
        pass(PERIOD);
        uint256 due = dueOf(id);
        (uint96 paid, uint96 spent) = fire(mandate);
        assertEq(paid, due);
        StoredState memory state = vault.stored(id);
        assertEq(state.collateral, MIN_COLLATERAL - spent);
        assertEq(state.claimCollateral, spent - weth.balanceOf(keeper));
        assertGt(weth.balanceOf(keeper), 0);
        assertSolvent();
    }

    // ---------------------------------------------------------------- LTV

    /// 20,000 dollars against 50 ether: 70 % below 571.43 dollars for one.
    function test_ltv_fires_above_its_threshold_and_restores_the_initial_ltv() public {
        Mandate memory mandate = registered(Kind.LTV, From.RESERVE);
        setPrice(571.43e8);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        setPrice(571.42e8);
        uint256 need = 20_000e6 - 28_571e6 * 6 / 10;
        (uint96 paid,) = fire(mandate);
        assertEq(paid, need);
        assertTrue(stateOf(mandate).closed);
    }

    function test_ltv_in_kind_restores_the_initial_ltv() public {
        Mandate memory mandate = registered(Kind.LTV, From.COLLATERAL);
        mandate.feeBps = 0;
        mandate.nonce = 99;
        register(mandate);
        setPrice(560e8);
        (, uint96 spent) = fire(mandate);
        uint256 value = uint256(MIN_COLLATERAL - spent) * 5.6e26 / 1e36;
        assertLe(debtOf(id) * 1e4, 6000 * value + 2e4);
        assertTrue(stateOf(mandate).closed);
    }

    /// A threshold below the initial LTV does not fire where there is nothing to restore.
    function test_a_threshold_below_the_initial_ltv_fires_from_there_only() public {
        Mandate memory mandate = mandateOf(Kind.LTV, From.RESERVE);
        mandate.thresholdBps = 100;
        register(mandate);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        setPrice(666e8);
        fire(mandate);
    }

    function test_ltv_without_a_price_does_not_fire() public {
        Mandate memory mandate = registered(Kind.LTV, From.RESERVE);
        setPrice(0);
        refuse(
            mandate,
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.NON_POSITIVE, address(feed)
            )
        );
    }

    /// Whatever the mandate says, in kind the lender's terms decide.
    function test_in_kind_below_the_lenders_ltv_is_refused_by_the_vault() public {
        Mandate memory mandate = mandateOf(Kind.LTV, From.COLLATERAL);
        mandate.thresholdBps = 6500;
        register(mandate);
        setPrice(600e8);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.InKindNotNeeded.selector, 20_000e6, 30_000e6, 7000));
    }

    // ---------------------------------------------------------------- LEVEL

    function test_level_fires_strictly_below_or_strictly_above() public {
        Mandate memory below = registered(Kind.LEVEL, From.RESERVE);
        Mandate memory above = mandateOf(Kind.LEVEL, From.RESERVE);
        (above.above, above.level, above.nonce) = (true, 2500e8, 77);
        register(above);
        setPrice(1500e8);
        refuse(below, refused(ErrorsLib.NotTriggered.selector, below));
        setPrice(2500e8);
        refuse(above, refused(ErrorsLib.NotTriggered.selector, above));
        setPrice(1500e8 - 1);
        (uint96 paid,) = fire(below);
        assertEq(paid, 1000e6);
        setPrice(2500e8 + 1);
        (paid,) = fire(above);
        assertEq(paid, 1000e6);
    }

    function test_level_pays_once_in_a_period() public {
        Mandate memory mandate = registered(Kind.LEVEL, From.RESERVE);
        setPrice(1400e8);
        fire(mandate);
        vm.expectRevert();
        fire(mandate);
        pass(1 days);
        fire(mandate);
        assertEq(stateOf(mandate).fires, 2);
    }

    function test_level_pays_at_most_the_debt() public {
        Mandate memory mandate = registered(Kind.LEVEL, From.RESERVE);
        repay(id, 20_000e6 - 1);
        setPrice(1400e8);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 1);
        assertTrue(stateOf(mandate).closed);
    }

    function test_a_feed_without_an_answer_fires_nothing() public {
        Mandate memory mandate = registered(Kind.LEVEL, From.RESERVE);
        feed.push(1400e8, 0);
        refuse(
            mandate,
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.STALE, address(feed))
        );
        feed.nextPhase();
        refuse(
            mandate,
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.UNREADABLE, address(feed))
        );
    }

    function test_an_answer_from_the_future_fires_nothing() public {
        Mandate memory mandate = registered(Kind.LEVEL, From.RESERVE);
        feed.push(1400e8, vm.getBlockTimestamp() + 1);
        refuse(
            mandate,
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.STALE, address(feed))
        );
    }

    // ---------------------------------------------------------------- SHARE

    /// @custom:rule share-counts-from-registration
    function test_share_counts_revenue_from_its_registration() public {
        revenue.push(7000e8, vm.getBlockTimestamp());
        Mandate memory mandate = registered(Kind.SHARE, From.RESERVE);
        refuse(mandate, refused(ErrorsLib.NotTriggered.selector, mandate));
        revenue.push(10_000e8, vm.getBlockTimestamp());
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 300e6, "a tenth of 3,000 dollars");
        (uint256 mark, uint256 carry) = trigger.shareOf(trigger.hashMandate(mandate));
        assertEq(mark, 10_000e8);
        assertEq(carry, 0);
    }

    /// Revenue that people attest: three of them sign the sum, and a tenth of what it grew by is paid.
    function test_share_counts_revenue_that_reporters_attest() public {
        AttestedFeed attested = attestedRevenue();
        attest(attested, 7000e8);
        Mandate memory mandate = mandateOf(Kind.SHARE, From.RESERVE);
        mandate.feed = address(attested);
        register(mandate);
        skip(1);
        attest(attested, 10_000e8);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 300e6);
    }

    function attestedRevenue() internal returns (AttestedFeed) {
        address[] memory reporters = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            reporters[i] = vm.addr(reporterKeys[i]);
        }
        return new AttestedFeed("revenue in USD", 8, reporters, 3, 1 hours, 0, type(int192).max);
    }

    function attest(AttestedFeed attested, int256 sum) internal {
        bytes32 digest = attested.observationDigest(attested.latestRound() + 1, sum, uint40(vm.getBlockTimestamp()));
        Observation[] memory observations = new Observation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            observations[i] = Observation(sum, uint40(vm.getBlockTimestamp()), signBy(reporterKeys[i], digest));
        }
        attested.submit(observations);
    }

    function test_share_carries_what_the_cap_kept_back() public {
        Mandate memory mandate = mandateOf(Kind.SHARE, From.RESERVE);
        (mandate.capPerPeriod, mandate.feeBps) = (100e6, 0);
        register(mandate);
        revenue.push(2500e8, vm.getBlockTimestamp());
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 100e6);
        pass(1 days);
        (paid,) = fire(mandate);
        assertEq(paid, 100e6);
        pass(1 days);
        (paid,) = fire(mandate);
        assertEq(paid, 50e6);
        assertTrue(stateOf(mandate).closed);
    }

    function test_a_revenue_feed_that_falls_is_waited_for() public {
        Mandate memory mandate = registered(Kind.SHARE, From.RESERVE);
        revenue.push(1000e8, vm.getBlockTimestamp());
        fire(mandate);
        pass(1 days);
        revenue.push(400e8, vm.getBlockTimestamp());
        refuse(mandate, refused(ErrorsLib.NotTriggered.selector, mandate));
        revenue.push(1500e8, vm.getBlockTimestamp());
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 50e6);
    }

    /// Pitfall 13: shares smaller than a unit add up, in any steps.
    function testFuzz_shares_add_up_whatever_the_steps(uint64[4] memory steps) public {
        Mandate memory mandate = mandateOf(Kind.SHARE, From.RESERVE);
        (mandate.shareBps, mandate.feeBps) = (333, 0);
        register(mandate);
        uint256 total;
        uint256 paidTotal;
        for (uint256 i = 0; i < steps.length; ++i) {
            pass(1 days);
            total += bound(steps[i], 0, 5000e8);
            revenue.push(int256(total), vm.getBlockTimestamp());
            vm.prank(keeper);
            try trigger.fire(mandate, keeper) returns (uint96 paid, uint96) {
                paidTotal += paid;
            } catch {}
        }
        assertEq(paidTotal, total * 333 * 1e6 / (1e4 * 1e8));
    }

    function test_a_negative_revenue_counts_as_none() public {
        revenue.push(-5, vm.getBlockTimestamp());
        Mandate memory mandate = registered(Kind.SHARE, From.RESERVE);
        revenue.push(10e8, vm.getBlockTimestamp());
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 1e6);
    }

    // ---------------------------------------------------------------- what is not believed

    /// Pitfall 17: a mandate that nobody signed is unknown, whatever it says.
    function testFuzz_a_mandate_changed_in_any_way_is_unknown(uint96 cap, uint16 fee, uint40 expiry) public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        bytes32 signed = trigger.hashMandate(mandate);
        (mandate.capPerPeriod, mandate.feeBps, mandate.expiry) = (cap, fee, expiry);
        vm.assume(trigger.hashMandate(mandate) != signed);
        refuse(mandate, refused(ErrorsLib.MandateUnknown.selector, mandate));
    }

    /// Pitfall 5
    function test_an_expired_mandate_does_not_fire() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.expiry = uint40(vm.getBlockTimestamp() + PERIOD);
        register(mandate);
        pass(PERIOD + 1);
        refuse(
            mandate,
            abi.encodeWithSelector(ErrorsLib.MandateOver.selector, trigger.hashMandate(mandate), mandate.expiry)
        );
        vm.warp(mandate.expiry);
        fire(mandate);
    }

    function test_without_the_borrowers_grant_nothing_fires() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        vm.prank(borrower);
        vault.setOperator(address(trigger), false);
        pass(PERIOD);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, address(trigger)));
    }

    /// A failed firing stores nothing.
    /// @custom:rule failed-item-stores-nothing
    function test_an_empty_reserve_fires_nothing_and_stores_nothing() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        vm.prank(borrower);
        vault.withdrawReserve(id, 5000e6, borrower);
        pass(PERIOD);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.ZeroAmount.selector));
        MandateState memory state = stateOf(mandate);
        assertEq(state.fires, 0);
        assertEq(state.period, 0);
    }

    function test_a_closed_line_fires_nothing() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        close(id);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.LineClosed.selector, id));
    }

    /// Invariant 8: a bill that was paid otherwise is not paid again.
    function test_a_bill_paid_by_hand_is_not_paid_again() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        repay(id, uint96(dueOf(id)));
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
    }

    /// A cap that is short pays a part in kind too, and says which part.
    function test_a_short_cap_in_kind_pays_what_it_buys_and_leaves_the_rest() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.COLLATERAL);
        mandate.capPerPeriod = 0.01e18;
        register(mandate);
        pass(PERIOD);
        uint256 due = dueOf(id);
        (uint96 paid,) = fire(mandate);
        assertLt(paid, due);
        assertEq(dueOf(id), due - paid);
    }

    /// An allowance that was given for top-ups is not touched by a mandate on the reserve.
    function test_a_mandate_on_the_reserve_leaves_the_wallet_alone() public {
        vm.startPrank(borrower);
        vault.withdrawReserve(id, 4990e6, borrower);
        usdc.approve(address(trigger), type(uint256).max);
        vm.stopPrank();
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        uint256 had = usdc.balanceOf(borrower);
        (, uint96 spent) = fire(mandate);
        assertLe(spent, 10e6);
        assertEq(usdc.balanceOf(borrower), had);
    }

    function test_a_share_counts_from_the_first_unit_of_revenue() public {
        LocalFeed sales = new LocalFeed(address(this), 0, "sales in USD");
        sales.push(0, vm.getBlockTimestamp());
        Mandate memory mandate = mandateOf(Kind.SHARE, From.RESERVE);
        mandate.feed = address(sales);
        register(mandate);
        sales.push(1, vm.getBlockTimestamp());
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 0.1e6, "a tenth of a dollar");
    }
}
