// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {LocalWETH} from "contracts/local/LocalWETH.sol";

/// @notice What laptops and demos run on behaves like what it stands for.
contract LocalFeedTest is Test {
    LocalFeed internal feed = new LocalFeed(address(this), 8, "ETH / USD");

    function test_round_ids_carry_the_phase_in_their_upper_bits() public {
        assertEq(feed.push(1, 11), (uint80(1) << 64) | 1);
        assertEq(feed.push(2, 12), (uint80(1) << 64) | 2);
        feed.nextPhase();
        assertEq(feed.push(3, 13), (uint80(2) << 64) | 1);
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        assertEq(id, (uint80(2) << 64) | 1);
        assertEq(answeredIn, id);
        assertEq(answer, 3);
        assertEq(startedAt, 13);
        assertEq(updatedAt, 13);
        (, answer,,,) = feed.getRoundData((uint80(1) << 64) | 2);
        assertEq(answer, 2);
    }

    function test_a_round_that_was_not_written_is_refused() public {
        vm.expectRevert(LocalFeed.NoDataPresent.selector);
        feed.latestRoundData();
        feed.push(1, 11);
        feed.nextPhase();
        vm.expectRevert(LocalFeed.NoDataPresent.selector);
        feed.latestRoundData();
    }

    function test_the_events_are_those_of_an_aggregator() public {
        assertEq(feed.aggregator(), address(feed));
        vm.expectEmit(address(feed));
        emit LocalFeed.NewRound(1, address(this), 7);
        vm.expectEmit(address(feed));
        emit LocalFeed.AnswerUpdated(2000e8, 1, 7);
        feed.push(2000e8, 7);
    }

    function test_only_its_owner_writes() public {
        vm.startPrank(address(1));
        vm.expectRevert(abi.encodeWithSelector(LocalFeed.NotOwner.selector, address(1)));
        feed.push(1, 1);
        vm.expectRevert(abi.encodeWithSelector(LocalFeed.NotOwner.selector, address(1)));
        feed.nextPhase();
    }

    function test_ether_is_wrapped_and_unwrapped_one_to_one() public {
        LocalWETH weth = new LocalWETH();
        vm.deal(address(1), 3 ether);
        vm.startPrank(address(1));
        weth.deposit{value: 1 ether}();
        (bool sent,) = address(weth).call{value: 2 ether}("");
        assertTrue(sent);
        assertEq(weth.balanceOf(address(1)), 3 ether);
        weth.withdraw(3 ether);
        assertEq(address(1).balance, 3 ether);
    }
}
