// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Status} from "contracts/interfaces/ICreditVault.sol";
import {FLAG_TERMINATED} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract TerminateTest is VaultFixture {
    function terminate(uint256 id) internal {
        vm.prank(stranger);
        vault.terminate(id);
    }

    /// @custom:rule terminate-needs-a-reason
    function test_within_the_window_a_line_that_pays_is_not_terminated() public {
        uint256 id = openDrawn(20_000e6);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotTerminable.selector, id));
        terminate(id);
        pass(PERIOD + GRACE);
        assertStatus(id, Status.PAST_DUE);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotTerminable.selector, id));
        terminate(id);
    }

    function test_anyone_terminates_a_line_in_default_and_undrawn_is_the_holders() public {
        uint256 id = openDrawn(20_000e6);
        pass(PERIOD + GRACE + 1);
        assertStatus(id, Status.DEFAULT);
        uint256 debt = debtOf(id);
        vm.expectEmit(address(vault));
        emit EventsLib.Terminated(id, LIMIT - 20_000e6);
        terminate(id);
        assertEq(vault.stored(id).undrawn, 0);
        assertEq(vault.stored(id).claimLoan, LIMIT - 20_000e6);
        assertEq(vault.stored(id).flags, FLAG_TERMINATED);
        assertEq(debtOf(id), debt, "the debt stays what it is");
        assertSolvent();
    }

    function test_from_the_end_of_the_window_anyone_terminates() public {
        uint256 id = openLine();
        skip(WINDOW - 1);
        repay(id, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotTerminable.selector, id));
        terminate(id);
        skip(1);
        terminate(id);
        assertEq(vault.stored(id).undrawn, 0);
    }

    function test_a_line_is_terminated_once() public {
        uint256 id = openLine();
        skip(WINDOW);
        terminate(id);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.LineTerminated.selector, id));
        terminate(id);
    }

    function test_a_terminated_line_pays_no_more_commitment_fee() public {
        uint256 id = openDrawn(20_000e6);
        pass(PERIOD + GRACE + 1);
        terminate(id);
        repay(id, type(uint96).max);
        skip(100 days);
        assertEq(debtOf(id), 0);
    }

    /// No price is needed, and the guardian is not asked.
    /// @custom:rule guardian-stops-nothing-else
    function test_termination_needs_no_price_and_is_not_stopped() public {
        uint256 id = openDrawn(20_000e6);
        skip(PERIOD + GRACE + 1);
        setPrice(0);
        vm.prank(guardian);
        vault.stop();
        terminate(id);
    }
}
