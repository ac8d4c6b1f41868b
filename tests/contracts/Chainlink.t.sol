// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    AutomationCompatibleInterface
} from "@chainlink/contracts/src/v0.8/automation/interfaces/AutomationCompatibleInterface.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator.sol";

import {FeedConfig, IOracleAdapter, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {From, Kind, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

import {Creation} from "./support/Creation.sol";
import {TriggerFixture} from "./support/TriggerFixture.sol";

/// @notice The trigger as an upkeep, through Chainlink's own interface and in the way its nodes use it.
contract ChainlinkAutomationTest is TriggerFixture {
    /// @dev A node simulates `checkUpkeep` from nobody; what it says is thrown away but for its answer.
    function simulateCheck(bytes memory checkData) internal returns (bool needed, bytes memory performData) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(address(0), address(0));
        (needed, performData) = AutomationCompatibleInterface(address(trigger)).checkUpkeep(checkData);
        vm.revertToState(snapshot);
    }

    function alone(Mandate memory mandate) internal pure returns (Mandate[] memory batch) {
        batch = new Mandate[](1);
        batch[0] = mandate;
    }

    function perform(bytes memory performData) internal {
        vm.prank(keeper);
        AutomationCompatibleInterface(address(trigger)).performUpkeep(performData);
    }

    function test_an_upkeep_is_needed_when_a_mandate_fires_and_performing_it_repays() public {
        Mandate memory due = registered(Kind.DUE, From.RESERVE);
        bytes memory checkData = abi.encode(alone(due));
        (bool needed,) = simulateCheck(checkData);
        assertFalse(needed);

        pass(PERIOD);
        bytes memory performData;
        (needed, performData) = simulateCheck(checkData);
        assertTrue(needed);
        perform(performData);
        assertEq(stateOf(due).fires, 1);
        assertEq(dueOf(id), 0);

        (needed,) = simulateCheck(checkData);
        assertFalse(needed);
    }

    /// A registry may perform late, or twice: what was true when it checked is not believed.
    function test_an_upkeep_performed_twice_repays_once() public {
        Mandate memory due = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        (, bytes memory performData) = simulateCheck(abi.encode(alone(due)));
        perform(performData);
        vm.expectRevert(ErrorsLib.NoneFired.selector);
        perform(performData);
        assertEq(stateOf(due).fires, 1);
    }
}

/// @notice The adapter over Chainlink's own mock of an aggregator.
contract ChainlinkFeedTest is Creation {
    uint32 internal constant HEARTBEAT = 1 hours;
    uint32 internal constant MARGIN = 5 minutes;

    function setUp() public {
        vm.warp(1_700_000_000);
    }

    function adapterOver(AggregatorV3Interface feed, uint8 loanDecimals, uint8 collateralDecimals)
        internal
        returns (OracleAdapter)
    {
        OracleConfig memory config;
        config.loanToken = address(new LocalToken("Loan", "LOAN", loanDecimals));
        config.collateralToken = address(new LocalToken("Collateral", "COLL", collateralDecimals));
        config.base = FeedConfig(address(feed), HEARTBEAT, MARGIN);
        config.minPriceE36 = 1;
        config.maxPriceE36 = type(uint256).max;
        return OracleAdapter(deployCode("OracleAdapter.sol", abi.encode(config)));
    }

    function assertRefused(OracleAdapter oracle, IOracleAdapter.Reason reason, address feed) internal {
        bytes memory refusal = abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, reason, feed);
        vm.expectRevert(refusal);
        oracle.riskPrice();
        vm.expectRevert(refusal);
        oracle.measuringPrice();
    }

    /// Pitfall 14: decimals of feed and tokens, from 0 to 18 each, all end in one scale of 1e36.
    function testFuzz_a_price_is_whole_tokens_at_any_decimals(uint8 feed, uint8 loan, uint8 collateral, uint32 dollars)
        public
    {
        feed = uint8(bound(feed, 0, 18));
        loan = uint8(bound(loan, 0, 18));
        collateral = uint8(bound(collateral, 0, 18));
        dollars = uint32(bound(dollars, 1, type(uint32).max));
        MockV3Aggregator aggregator = new MockV3Aggregator(feed, int256(uint256(dollars) * 10 ** feed));
        OracleAdapter oracle = adapterOver(aggregator, loan, collateral);
        uint256 expected = uint256(dollars) * 10 ** (36 + loan) / 10 ** collateral;
        (uint256 price,) = oracle.riskPrice();
        assertEq(price, expected);
        assertEq(oracle.measuringPrice(), expected);
    }

    /// Pitfall 1: a stale answer is no price at all, neither the last one nor zero.
    function test_an_answer_past_its_margin_is_no_price() public {
        MockV3Aggregator aggregator = new MockV3Aggregator(8, 2000e8);
        OracleAdapter oracle = adapterOver(aggregator, 6, 18);
        skip(HEARTBEAT + MARGIN);
        (uint256 price,) = oracle.riskPrice();
        assertEq(price, 2000e6 * 1e18);
        skip(1);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(aggregator));
        aggregator.updateAnswer(1990e8);
        (price,) = oracle.riskPrice();
        assertEq(price, 1990e6 * 1e18);
    }

    /// Pitfall 36: the first round of a phase reads as all zero; an answer of zero or below is refused too.
    function test_a_round_of_zeros_is_no_price() public {
        MockV3Aggregator aggregator = new MockV3Aggregator(8, 2000e8);
        OracleAdapter oracle = adapterOver(aggregator, 6, 18);
        aggregator.updateRoundData(2, 2000e8, 0, 0);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(aggregator));
        aggregator.updateRoundData(3, 0, vm.getBlockTimestamp(), vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(aggregator));
        aggregator.updateRoundData(4, -1, vm.getBlockTimestamp(), vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(aggregator));
    }

    /// Pitfall 37: real gaps at a heartbeat of 3,600 s reach 3,720 s; the margin covers them.
    function test_the_longest_real_gap_is_covered_by_the_margin() public {
        MockV3Aggregator aggregator = new MockV3Aggregator(8, 2000e8);
        OracleAdapter oracle = adapterOver(aggregator, 6, 18);
        skip(3720);
        (uint256 price,) = oracle.riskPrice();
        assertEq(price, 2000e6 * 1e18);
    }

    /// Pitfall 19: a sequencer that is down may stop new risk, never what liquidates and repays.
    function test_a_sequencer_that_is_down_stops_risk_and_not_measuring() public {
        MockV3Aggregator aggregator = new MockV3Aggregator(8, 2000e8);
        MockV3Aggregator sequencer = new MockV3Aggregator(0, 0);
        OracleConfig memory config = adapterOver(aggregator, 6, 18).config();
        (config.sequencer, config.sequencerGrace) = (address(sequencer), 1 hours);
        OracleAdapter oracle = OracleAdapter(deployCode("OracleAdapter.sol", abi.encode(config)));
        skip(1 hours + 1);
        aggregator.updateAnswer(1500e8);
        (uint256 price,) = oracle.riskPrice();
        assertEq(price, 1500e6 * 1e18);

        sequencer.updateAnswer(1);
        assertEq(oracle.measuringPrice(), 1500e6 * 1e18);
        vm.expectRevert(
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.SEQUENCER_DOWN, address(sequencer)
            )
        );
        oracle.riskPrice();
    }
}
