// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract WithdrawTest is VaultFixture {
    function withdraw(uint256 id, uint96 amount) internal {
        vm.prank(borrower);
        vault.withdraw(id, amount, borrower);
    }

    // ---------------------------------------------------------------- in

    function test_anyone_may_add_collateral_and_nothing_is_accrued() public {
        uint256 id = openDrawn(20_000e6);
        pass(1 days);
        StoredState memory before = vault.stored(id);
        vm.expectEmit(address(vault));
        emit EventsLib.CollateralDeposited(id, stranger, 1e18);
        vm.prank(stranger);
        vault.deposit(id, 1e18);
        StoredState memory state = vault.stored(id);
        assertEq(state.collateral, MIN_COLLATERAL + 1e18);
        assertEq(state.seq, before.seq + 1);
        assertEq(state.accruedAt, before.accruedAt);
        assertSolvent();
    }

    function test_a_deposit_of_nothing_is_refused() public {
        uint256 id = openLine();
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        vault.deposit(id, 0);
    }

    function test_a_deposit_that_would_not_fit_is_refused_not_cut_off() public {
        uint256 id = openLine();
        weth.mint(stranger, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.DoesNotFit.selector, id));
        vm.prank(stranger);
        vault.deposit(id, type(uint96).max);
    }

    // ---------------------------------------------------------------- out, with debt

    /// Invariant 11: with debt, collateral leaves down to the initial LTV and no further.
    /// @custom:rule withdraw-within-target
    function testFuzz_with_debt_collateral_leaves_down_to_the_initial_ltv(uint96 amount) public {
        uint256 id = openDrawn(30_000e6);
        amount = uint96(bound(amount, 1, MIN_COLLATERAL));
        uint256 left = MIN_COLLATERAL - amount;
        uint256 value = left * PRICE_2000 / 1e36;
        if (30_000e6 * 1e4 > 6000 * value) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BeyondInitialLtv.selector, 30_000e6, value, 6000));
            withdraw(id, amount);
        } else {
            vm.expectEmit(address(vault));
            emit EventsLib.CollateralWithdrawn(id, borrower, amount);
            withdraw(id, amount);
            assertEq(vault.stored(id).collateral, left);
            assertSolvent();
        }
    }

    /// Pitfall 1
    function test_with_debt_a_withdrawal_needs_a_price() public {
        uint256 id = openDrawn(1000e6);
        skip(2 hours);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.STALE, address(feed))
        );
        withdraw(id, 1);
    }

    /// @custom:rule only-the-borrower-withdraws
    function test_only_the_borrower_withdraws_not_even_its_operator() public {
        uint256 id = openDrawn(1000e6);
        vm.prank(borrower);
        vault.setOperator(stranger, true);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.withdraw(id, 1, borrower);
    }

    function test_more_than_there_is_and_nothing_are_refused() public {
        uint256 id = openDrawn(1000e6);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BeyondCollateral.selector, MIN_COLLATERAL + 1, MIN_COLLATERAL));
        withdraw(id, MIN_COLLATERAL + 1);
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        withdraw(id, 0);
    }

    function test_a_withdrawal_to_nobody_is_refused() public {
        uint256 id = openDrawn(1000e6);
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        vm.prank(borrower);
        vault.withdraw(id, 1, address(0));
    }

    // ---------------------------------------------------------------- out, without debt

    /// At zero principal with the window open, collateral leaves only through close.
    /// @custom:rule leave-through-close
    function test_with_an_open_window_and_no_principal_collateral_leaves_through_close_only() public {
        uint256 id = openLine();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LeaveThroughClose.selector, id));
        withdraw(id, 1);
        // The same when a commitment fee is owed: charges are no principal.
        pass(1 days);
        assertGt(debtOf(id), 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LeaveThroughClose.selector, id));
        withdraw(id, 1);
        close(id);
        assertEq(weth.balanceOf(address(vault)), 0);
    }

    /// One unit of principal is principal.
    function test_with_the_least_principal_collateral_leaves_within_the_initial_ltv() public {
        uint256 id = openDrawn(1000e6);
        repay(id, 1000e6 - 1);
        assertEq(vault.stored(id).principal, 1);
        vm.prank(borrower);
        vault.withdraw(id, 1e18, borrower);
        assertEq(vault.stored(id).collateral, MIN_COLLATERAL - 1e18);
    }

    /// Invariant 12: without debt no price is needed and no guardian is asked.
    function test_after_the_window_and_without_debt_all_collateral_leaves_without_a_price() public {
        uint256 id = openDrawn(1000e6);
        skip(WINDOW);
        repay(id, type(uint96).max);
        vm.prank(guardian);
        vault.stop();
        setPrice(0);
        withdraw(id, MIN_COLLATERAL);
        assertEq(vault.stored(id).collateral, 0);
    }

    function test_a_terminated_line_counts_as_past_its_window() public {
        uint256 id = openDrawn(1000e6);
        pass(PERIOD + GRACE + 1);
        vault.terminate(id);
        repay(id, type(uint96).max);
        withdraw(id, MIN_COLLATERAL);
    }
}
