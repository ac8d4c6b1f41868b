// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Status} from "contracts/interfaces/ICreditVault.sol";
import {From, Kind, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {TriggerFixture} from "./support/TriggerFixture.sol";

/// @notice The borrower's wallet stands behind its reserve, as far as it lets the trigger take from it.
contract RepayTriggerTopUpTest is TriggerFixture {
    Mandate internal mandate;

    function setUp() public override {
        super.setUp();
        vm.prank(borrower);
        vault.withdrawReserve(id, 5000e6, borrower);
        allow(type(uint256).max);
        mandate = registered(Kind.DUE, From.TOP_UP);
    }

    function allow(uint256 amount) internal {
        vm.prank(borrower);
        usdc.approve(address(trigger), amount);
    }

    function registerWithoutFee() internal {
        (mandate.feeBps, mandate.nonce) = (0, 1000);
        register(mandate);
    }

    function reserve() internal view returns (uint256) {
        return vault.stored(id).reserve;
    }

    // ---------------------------------------------------------------- what is moved

    function test_the_wallet_gives_what_the_reserve_lacks_and_no_more() public {
        depositReserve(id, 50e6);
        pass(PERIOD);
        uint256 due = dueOf(id);
        uint256 had = usdc.balanceOf(borrower);
        vm.expectEmit(address(vault));
        emit EventsLib.ReserveDeposited(id, address(trigger), uint96(due + due / 100 - 50e6));
        (uint96 paid, uint96 spent) = fire(mandate);
        assertEq(paid, due);
        assertEq(spent, due + due / 100, "the keeper's fee comes on top");
        assertEq(had - usdc.balanceOf(borrower), spent - 50e6);
        assertEq(reserve(), 0);
        assertEq(usdc.balanceOf(keeper), due / 100);
        assertStatus(id, Status.CURRENT);
        assertTrue(stateOf(mandate).closed);
        assertSolvent();
    }

    /// @custom:rule top-up-takes-only-what-lacks
    function test_a_reserve_that_suffices_takes_nothing_from_the_wallet() public {
        depositReserve(id, 5000e6);
        pass(PERIOD);
        uint256 had = usdc.balanceOf(borrower);
        uint256 seq = vault.stored(id).seq;
        (uint96 paid,) = fire(mandate);
        assertEq(paid, stateOf(mandate).spent - usdc.balanceOf(keeper));
        assertEq(usdc.balanceOf(borrower), had);
        assertEq(vault.stored(id).seq, seq + 1);
    }

    function test_an_allowance_that_is_short_pays_what_it_gives() public {
        registerWithoutFee();
        allow(30e6);
        pass(PERIOD);
        (uint96 paid, uint96 spent) = fire(mandate);
        assertEq(paid, 30e6);
        assertEq(spent, 30e6);
        assertFalse(stateOf(mandate).closed, "the rest is still needed");
        allow(type(uint256).max);
        uint256 due = dueOf(id);
        (paid,) = fire(mandate);
        assertEq(paid, due);
        assertTrue(stateOf(mandate).closed);
    }

    function test_a_wallet_that_is_short_pays_what_it_has() public {
        registerWithoutFee();
        pass(PERIOD);
        uint256 has = usdc.balanceOf(borrower);
        vm.prank(borrower);
        usdc.transfer(stranger, has - 7e6);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 7e6);
        assertEq(usdc.balanceOf(borrower), 0);
    }

    /// With a fee of 1%, 99 units cost 99 and 100 cost 101: nothing costs 100.
    /// @custom:rule top-up-takes-only-what-is-spent
    function test_a_unit_with_which_nothing_can_be_paid_stays_in_the_wallet() public {
        allow(100);
        pass(PERIOD);
        uint256 had = usdc.balanceOf(borrower);
        (uint96 paid, uint96 spent) = fire(mandate);
        assertEq(paid, 99);
        assertEq(spent, 99);
        assertEq(had - usdc.balanceOf(borrower), 99);
        assertEq(reserve(), 0);
    }

    /// What a token says of allowance and balance is not trusted to be a sum of money.
    function test_an_allowance_beyond_all_numbers_adds_up_with_a_reserve() public {
        depositReserve(id, 50e6);
        deal(address(usdc), borrower, type(uint256).max);
        pass(PERIOD);
        uint256 due = dueOf(id);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, due);
        assertEq(reserve(), 0);
    }

    function test_a_wallet_that_gives_nothing_leaves_it_to_the_reserve() public {
        registerWithoutFee();
        depositReserve(id, 20e6);
        allow(0);
        pass(PERIOD);
        (uint96 paid,) = fire(mandate);
        assertEq(paid, 20e6);
    }

    function test_an_empty_reserve_and_no_allowance_fire_nothing() public {
        allow(0);
        pass(PERIOD);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.ZeroAmount.selector));
        assertEq(stateOf(mandate).fires, 0);
    }

    /// Invariant 8: neither what is taken nor what is spent exceeds the cap of a period.
    /// @custom:rule top-up-is-capped
    function testFuzz_no_more_than_the_cap_is_taken(uint96 cap, uint96 held, uint96 allowance, uint16 feeBps) public {
        mandate.capPerPeriod = uint96(bound(cap, 2, 300e6));
        mandate.feeBps = uint16(bound(feeBps, 0, 100));
        mandate.nonce = 1234;
        register(mandate);
        held = uint96(bound(held, 0, 200e6));
        if (held > 0) depositReserve(id, held);
        allow(bound(allowance, 1, 200e6));
        pass(PERIOD);
        uint256 had = usdc.balanceOf(borrower);
        uint256 fees = usdc.balanceOf(keeper);
        (uint96 paid, uint96 spent) = fire(mandate);
        uint256 taken = had - usdc.balanceOf(borrower);
        assertLe(spent, mandate.capPerPeriod);
        assertLe(taken, spent);
        assertEq(spent, paid + usdc.balanceOf(keeper) - fees);
        assertEq(reserve(), held + taken - spent);
        assertEq(usdc.balanceOf(address(trigger)), 0, "the trigger holds nothing");
        assertEq(usdc.allowance(address(trigger), address(vault)), 0, "and grants nothing");
        assertSolvent();
    }

    /// Found by the fuzzer at its 32,512th run: an allowance that no payment with its fee of 0.81% spends whole.
    function test_no_more_is_taken_than_a_short_allowance_can_spend() public {
        testFuzz_no_more_than_the_cap_is_taken(295_721_822, 0, 166_710_990, 81);
    }

    // ---------------------------------------------------------------- every kind

    function test_ltv_restores_the_initial_ltv_out_of_the_wallet() public {
        Mandate memory ltv = registered(Kind.LTV, From.TOP_UP);
        setPrice(560e8);
        uint256 need = 20_000e6 - 28_000e6 * 6 / 10;
        (uint96 paid,) = fire(ltv);
        assertEq(paid, need);
    }

    function test_level_and_share_pay_out_of_the_wallet() public {
        Mandate memory level = registered(Kind.LEVEL, From.TOP_UP);
        Mandate memory share = registered(Kind.SHARE, From.TOP_UP);
        setPrice(1400e8);
        (uint96 paid,) = fire(level);
        assertEq(paid, 1000e6);
        revenue.push(3000e8, vm.getBlockTimestamp());
        (paid,) = fire(share);
        assertEq(paid, 300e6);
        assertSolvent();
    }

    // ---------------------------------------------------------------- who is bound

    /// Only the borrower of the mandate's own line is ever charged, whoever fires.
    function test_without_the_borrowers_grant_nothing_is_taken() public {
        vm.prank(borrower);
        vault.setOperator(address(trigger), false);
        pass(PERIOD);
        uint256 had = usdc.balanceOf(borrower);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, address(trigger)));
        assertEq(usdc.balanceOf(borrower), had);
    }

    function test_when_nothing_is_due_nothing_is_taken() public {
        pass(PERIOD - 1);
        uint256 had = usdc.balanceOf(borrower);
        refuse(mandate, abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        assertEq(usdc.balanceOf(borrower), had);
    }

    /// What is checked beforehand is also undone: nothing moves in `checkUpkeep`.
    function test_a_check_takes_nothing() public {
        pass(PERIOD);
        Mandate[] memory batch = new Mandate[](1);
        batch[0] = mandate;
        uint256 had = usdc.balanceOf(borrower);
        (bool needed,) = trigger.checkUpkeep(abi.encode(batch));
        assertTrue(needed);
        assertEq(usdc.balanceOf(borrower), had);
        assertEq(reserve(), 0);
    }
}
