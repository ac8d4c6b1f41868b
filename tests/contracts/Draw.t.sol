// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract DrawTest is VaultFixture {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openLine();
    }

    function refuse(bytes memory reason, uint96 amount) internal {
        vm.expectRevert(reason);
        draw(id, amount);
    }

    function test_a_draw_pays_out_and_moves_undrawn_to_principal() public {
        uint256 had = usdc.balanceOf(stranger);
        vm.expectEmit(address(vault));
        emit EventsLib.Drawn(id, stranger, 10_000e6);
        vm.prank(borrower);
        vault.draw(id, 10_000e6, stranger);
        StoredState memory state = vault.stored(id);
        assertEq(usdc.balanceOf(stranger), had + 10_000e6);
        assertEq(state.principal, 10_000e6);
        assertEq(state.undrawn, LIMIT - 10_000e6);
        assertEq(state.seq, 2);
        assertSolvent();
    }

    function test_only_the_borrower_draws() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.draw(id, 1000e6, stranger);
    }

    /// 50 ether at 2,000 dollars and 60 % of it: 60,000 dollars, to the last one.
    /// @custom:rule draw-within-target
    function test_a_draw_goes_up_to_the_initial_ltv_and_not_beyond() public {
        refuse(abi.encodeWithSelector(ErrorsLib.BeyondInitialLtv.selector, 60_000e6 + 1, 100_000e6, 6000), 60_000e6 + 1);
        draw(id, 60_000e6);
    }

    /// Charges count as debt.
    function test_accrued_charges_take_room_from_a_draw() public {
        draw(id, 30_000e6);
        pass(10 days);
        uint256 room = 60_000e6 - debtOf(id);
        assertLt(room, 30_000e6);
        draw(id, uint96(room));
        vm.expectRevert();
        draw(id, 1);
    }

    /// @custom:rule draw-within-undrawn
    function test_a_draw_beyond_undrawn_is_refused() public {
        vm.prank(borrower);
        vault.deposit(id, 100e18);
        refuse(abi.encodeWithSelector(ErrorsLib.BeyondUndrawn.selector, LIMIT + 1, LIMIT), LIMIT + 1);
        draw(id, LIMIT);
    }

    /// Pitfall 12
    /// @custom:rule draw-above-the-minimum
    function test_the_principal_is_at_least_the_minimum_debt() public {
        refuse(abi.encodeWithSelector(ErrorsLib.BelowMinDebt.selector, MIN_DEBT - 1, MIN_DEBT), MIN_DEBT - 1);
        draw(id, MIN_DEBT);
        draw(id, 1);
    }

    function test_a_draw_of_nothing_is_refused() public {
        refuse(abi.encodeWithSelector(ErrorsLib.ZeroAmount.selector), 0);
    }

    /// @custom:rule draw-within-the-window
    function test_the_draw_window_is_open_to_its_last_second() public {
        uint256 end = vm.getBlockTimestamp() + WINDOW;
        skip(WINDOW - 1);
        // The commitment fee of two periods is unpaid by now.
        repay(id, type(uint96).max);
        setPrice(2000e8);
        draw(id, 1000e6);
        skip(1);
        refuse(abi.encodeWithSelector(ErrorsLib.WindowOver.selector, end), 1);
    }

    /// @custom:rule draw-waits-for-the-bill
    function test_a_draw_waits_for_the_bill() public {
        draw(id, 1000e6);
        pass(PERIOD);
        refuse(abi.encodeWithSelector(ErrorsLib.BillUnpaid.selector, id, START + PERIOD), 1);
        repay(id, uint96(dueOf(id)));
        draw(id, 1);
    }

    function test_a_terminated_line_lends_no_more() public {
        draw(id, 1000e6);
        pass(PERIOD + GRACE + 1);
        vault.terminate(id);
        repay(id, type(uint96).max);
        refuse(abi.encodeWithSelector(ErrorsLib.LineTerminated.selector, id), 1000e6);
    }

    /// Pitfall 1: without a price nothing that adds risk goes through.
    function test_a_draw_needs_a_fresh_price() public {
        skip(1 hours + 5 minutes + 1);
        refuse(
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.STALE, address(feed)),
            1000e6
        );
    }

    /// Pitfall 36 on-chain: an answer of zero is no price.
    function test_a_draw_is_refused_at_an_answer_of_zero() public {
        setPrice(0);
        refuse(
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.NON_POSITIVE, address(feed)
            ),
            1000e6
        );
    }

    function test_a_closed_line_is_refused() public {
        close(id);
        refuse(abi.encodeWithSelector(ErrorsLib.LineClosed.selector, id), 1000e6);
    }

    /// Invariant 10: a draw at the limit leaves a line that nobody can liquidate at the same price.
    function testFuzz_no_draw_makes_a_line_unhealthy(uint96 amount, uint96 more) public {
        draw(id, uint96(bound(amount, MIN_DEBT, 60_000e6)));
        uint256 room = 60_000e6 - vault.stored(id).principal;
        if (room > 0) draw(id, uint96(bound(more, 1, room)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotLiquidatable.selector, id));
        liquidate(id, 1);
    }

    /// The lender's money is there from the start: a draw within the terms never fails for lack of it.
    /// @custom:rule draw-never-lacks-the-lenders-money
    function test_a_lender_that_has_nothing_left_does_not_stop_a_draw() public {
        uint256 all = usdc.balanceOf(lender);
        vm.prank(lender);
        require(usdc.transfer(stranger, all));
        draw(id, 60_000e6);
    }
}
