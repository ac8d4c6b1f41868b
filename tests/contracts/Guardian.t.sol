// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract GuardianTest is VaultFixture {
    function stop() internal {
        vm.prank(guardian);
        vault.stop();
    }

    /// @custom:rule only-the-guardian-stops
    function test_only_the_guardian_stops_and_resumes() public {
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotGuardian.selector, owner));
        vault.stop();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotGuardian.selector, owner));
        vault.resume();
    }

    /// @custom:rule a-stop-ends
    function test_a_stop_holds_open_draw_and_withdrawals_that_keep_debt_for_seven_days() public {
        uint256 id = openDrawn(20_000e6);
        depositReserve(id, 100e6);
        vm.expectEmit(address(vault));
        emit EventsLib.Stopped(uint40(vm.getBlockTimestamp() + 7 days));
        stop();
        skip(7 days - 1);
        setPrice(2000e8);
        bytes memory stopped = abi.encodeWithSelector(ErrorsLib.StoppedByGuardian.selector, START + 7 days);
        Offer memory offer = defaultOffer();
        offer.group = 2;
        bytes memory signature = sign(offer);
        vm.startPrank(borrower);
        vm.expectRevert(stopped);
        vault.open(offer, signature, LIMIT, borrower);
        vm.expectRevert(stopped);
        vault.draw(id, 1e6, borrower);
        vm.expectRevert(stopped);
        vault.withdraw(id, 1, borrower);
        vm.expectRevert(stopped);
        vault.withdrawReserve(id, 1, borrower);
        skip(1);
        vault.open(offer, signature, LIMIT, borrower);
        vault.draw(id, 1e6, borrower);
        vault.withdraw(id, 1, borrower);
        vault.withdrawReserve(id, 1, borrower);
    }

    /// Pitfall 15: nothing that lowers debt or leaves without it is stopped.
    /// @custom:rule guardian-stops-nothing-else
    function test_a_stop_holds_nothing_else() public {
        uint256 id = openDrawn(20_000e6);
        uint256 other = openOther();
        stop();
        vm.startPrank(borrower);
        vault.deposit(id, 1e18);
        vault.depositReserve(id, 100e6);
        vault.repay(id, 1000e6);
        vault.repayFromReserve(id, repaymentOf(10e6, 10e6, 0));
        vault.close(other, borrower);
        vm.stopPrank();
        setPrice(300e8);
        liquidate(id, type(uint96).max);
        claimLoan(other);
        vm.prank(lender);
        vault.cancelGroup(address(usdc), 9);
        vm.prank(owner);
        vault.createMarket(address(weth), address(usdc), address(oracle), 1);
    }

    /// @custom:rule a-stop-cools-down
    function test_a_stop_is_not_renewed_before_its_cool_down_is_over() public {
        stop();
        uint256 until = vm.getBlockTimestamp() + 14 days;
        assertEq(vault.coolingUntil(), until);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CoolingDown.selector, until));
        stop();
        vm.warp(until);
        stop();
        assertEq(vault.stoppedUntil(), until + 7 days);
    }

    function test_resuming_early_does_not_shorten_the_cool_down() public {
        stop();
        uint256 until = vm.getBlockTimestamp() + 14 days;
        skip(1 hours);
        vm.expectEmit(address(vault));
        emit EventsLib.Resumed();
        vm.prank(guardian);
        vault.resume();
        setPrice(2000e8);
        openDrawn(1000e6);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.CoolingDown.selector, until));
        stop();
    }

    function test_there_is_nothing_to_resume_without_a_stop() public {
        vm.expectRevert(ErrorsLib.NotStopped.selector);
        vm.prank(guardian);
        vault.resume();
        stop();
        skip(7 days);
        vm.expectRevert(ErrorsLib.NotStopped.selector);
        vm.prank(guardian);
        vault.resume();
    }

    function openOther() internal returns (uint256) {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        return openWith(offer);
    }
}
