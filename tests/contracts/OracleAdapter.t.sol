// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedConfig, IOracleAdapter, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {FEED_GAS} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

import {Creation} from "./support/Creation.sol";
import {HostileFeed} from "./support/HostileFeeds.sol";

/// @notice WETH in USDC from ETH / USD, with USDC / USD, a second ETH / USD and a sequencer where a test wants them.
contract OracleAdapterTest is Creation {
    uint32 internal constant HEARTBEAT = 1 hours;
    uint32 internal constant MARGIN = 5 minutes;

    LocalToken internal usdc = new LocalToken("USD Coin", "USDC", 6);
    LocalToken internal weth = new LocalToken("Wrapped Ether", "WETH", 18);
    LocalFeed internal base = new LocalFeed(address(this), 8, "ETH / USD");
    LocalFeed internal quote = new LocalFeed(address(this), 8, "USDC / USD");
    LocalFeed internal cross = new LocalFeed(address(this), 18, "ETH / USD of another");
    LocalFeed internal sequencer = new LocalFeed(address(this), 0, "L2 sequencer");

    function setUp() public {
        vm.warp(1_700_000_000);
        base.push(2000e8, vm.getBlockTimestamp());
        quote.push(1e8, vm.getBlockTimestamp());
        cross.push(2000e18, vm.getBlockTimestamp());
        sequencer.push(0, vm.getBlockTimestamp() - 1 days);
    }

    // ---------------------------------------------------------------- setting up

    function feedConfig(address feed) internal pure returns (FeedConfig memory) {
        return FeedConfig(feed, HEARTBEAT, MARGIN);
    }

    function plain() internal view returns (OracleConfig memory config) {
        config.loanToken = address(usdc);
        config.collateralToken = address(weth);
        config.base = feedConfig(address(base));
        config.minPriceE36 = 1e26;
        config.maxPriceE36 = 1e29;
    }

    function quoted() internal view returns (OracleConfig memory config) {
        config = plain();
        config.quote = feedConfig(address(quote));
    }

    function checked() internal view returns (OracleConfig memory config) {
        config = plain();
        config.crossCheck = feedConfig(address(cross));
        config.maxDeviationBps = 200;
    }

    function onL2() internal view returns (OracleConfig memory config) {
        config = plain();
        config.sequencer = address(sequencer);
        config.sequencerGrace = 1 hours;
    }

    function deploy(OracleConfig memory config) internal returns (OracleAdapter) {
        return OracleAdapter(deployCode("OracleAdapter.sol", abi.encode(config)));
    }

    function assertPrice(OracleAdapter oracle, uint256 expected) internal view {
        (uint256 price,) = oracle.riskPrice();
        assertEq(price, expected, "risk");
        assertEq(oracle.measuringPrice(), expected, "measuring");
    }

    function assertRefused(OracleAdapter oracle, IOracleAdapter.Reason reason, address feed) internal {
        (IOracleAdapter.Reason said, address whose) = oracle.assess();
        assertEq(uint256(said), uint256(reason), "reason");
        assertEq(whose, feed, "feed");
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, reason, feed));
        oracle.riskPrice();
    }

    function assertUnmeasurable(OracleAdapter oracle, IOracleAdapter.Reason reason, address feed) internal {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.PriceUnavailable.selector, reason, feed));
        oracle.measuringPrice();
    }

    // ---------------------------------------------------------------- scaling

    function test_one_ether_at_2000_dollars_in_usdc() public {
        assertPrice(deploy(plain()), 2e27);
    }

    function test_the_quote_divides_the_price() public {
        OracleAdapter oracle = deploy(quoted());
        assertPrice(oracle, 2e27);
        quote.push(0.8e8, vm.getBlockTimestamp());
        assertPrice(oracle, 2.5e27);
    }

    /// Pitfall 14: decimals of tokens and feeds, from 0 to 18 each, on one scale.
    function testFuzz_any_decimals_of_tokens_and_feeds_give_the_same_price(
        uint8 loanDecimals,
        uint8 collateralDecimals,
        uint8 baseDecimals,
        uint8 quoteDecimals
    ) public {
        loanDecimals = uint8(bound(loanDecimals, 0, 18));
        collateralDecimals = uint8(bound(collateralDecimals, 0, 18));
        baseDecimals = uint8(bound(baseDecimals, 0, 18));
        quoteDecimals = uint8(bound(quoteDecimals, 0, 18));
        OracleConfig memory config = quoted();
        config.loanToken = address(new LocalToken("Loan", "L", loanDecimals));
        config.collateralToken = address(new LocalToken("Collateral", "C", collateralDecimals));
        LocalFeed base_ = new LocalFeed(address(this), baseDecimals, "");
        LocalFeed quote_ = new LocalFeed(address(this), quoteDecimals, "");
        base_.push(int256(3000 * 10 ** uint256(baseDecimals)), vm.getBlockTimestamp());
        quote_.push(int256(2 * 10 ** uint256(quoteDecimals)), vm.getBlockTimestamp());
        (config.base.feed, config.quote.feed) = (address(base_), address(quote_));
        (config.minPriceE36, config.maxPriceE36) = (1, type(uint256).max);
        // One whole collateral is worth 1,500 whole loan tokens.
        uint256 expected = 1500 * 10 ** (36 + uint256(loanDecimals) - collateralDecimals);
        assertPrice(deploy(config), expected);
    }

    /// price > 0 after scaling
    /// @custom:rule scaled-price-is-positive
    function test_a_price_that_scales_to_nothing_is_refused() public {
        OracleConfig memory config = quoted();
        (config.minPriceE36, config.maxPriceE36) = (1, type(uint256).max);
        config.loanToken = address(new LocalToken("Loan", "L", 0));
        OracleAdapter oracle = deploy(config);
        base.push(1, vm.getBlockTimestamp());
        quote.push(1e20, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
    }

    /// One billionth of a billionth of a loan token for a whole ether: one, in the adapter's scale.
    function test_the_smallest_price_is_a_price() public {
        OracleConfig memory config = plain();
        (config.minPriceE36, config.maxPriceE36) = (1, 2);
        config.loanToken = address(new LocalToken("Loan", "L", 0));
        config.base.feed = address(cross);
        OracleAdapter oracle = deploy(config);
        cross.push(1, vm.getBlockTimestamp());
        assertPrice(oracle, 1);
    }

    function test_an_answer_too_large_to_be_scaled_is_refused_and_does_not_break_the_other_source() public {
        OracleAdapter oracle = deploy(checked());
        base.push(type(int256).max, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(base));
        assertEq(oracle.measuringPrice(), 2e27);
    }

    /// The largest quotient that a word can't hold: its upper half is the divisor itself.
    function test_a_price_that_just_does_not_fit_is_refused_and_does_not_panic() public {
        OracleConfig memory config = plain();
        config.loanToken = address(new LocalToken("Loan", "L", 18));
        config.collateralToken = address(new LocalToken("Collateral", "C", 0));
        config.base.feed = address(sequencer);
        OracleAdapter oracle = deploy(config);
        sequencer.push(int256(type(uint256).max / 1e54 + 1), vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(sequencer));
    }

    // ---------------------------------------------------------------- each check

    /// Pitfall 37: the heartbeat plus its margin, to the second.
    function test_an_answer_is_fresh_for_heartbeat_and_margin() public {
        OracleAdapter oracle = deploy(plain());
        skip(HEARTBEAT + MARGIN);
        assertPrice(oracle, 2e27);
        skip(1);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(base));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.STALE, address(base));
    }

    function test_every_source_is_fresh_for_its_own_heartbeat_and_margin() public {
        OracleConfig memory config = checked();
        config.base.heartbeat = 1 days;
        config.quote = feedConfig(address(quote));
        OracleAdapter oracle = deploy(config);
        skip(HEARTBEAT + MARGIN);
        assertPrice(oracle, 2e27);
        skip(1);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(quote));
        quote.push(1e8, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(cross));
    }

    /// Pitfall 36: however long the heartbeat.
    function test_an_answer_that_was_never_updated_is_not_saved_by_a_long_heartbeat() public {
        OracleConfig memory config = plain();
        config.base.heartbeat = type(uint32).max;
        OracleAdapter oracle = deploy(config);
        base.push(2000e8, 0);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(base));
    }

    /// Pitfall 36
    function test_an_answer_that_was_never_updated_or_comes_from_the_future_is_refused() public {
        OracleAdapter oracle = deploy(plain());
        base.push(2000e8, 0);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(base));
        base.push(2000e8, vm.getBlockTimestamp() + 1);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(base));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.STALE, address(base));
    }

    /// Pitfalls 1 and 36
    function test_answers_of_zero_and_below_are_refused() public {
        OracleAdapter oracle = deploy(plain());
        base.push(0, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
        base.push(-1, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
    }

    function test_a_quote_without_a_price_refuses_everything() public {
        OracleAdapter oracle = deploy(quoted());
        quote.push(0, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(quote));
        assertUnmeasurable(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(quote));
        skip(HEARTBEAT + MARGIN + 1);
        base.push(2000e8, vm.getBlockTimestamp());
        quote.push(1e8, vm.getBlockTimestamp() - HEARTBEAT - MARGIN - 1);
        assertRefused(oracle, IOracleAdapter.Reason.STALE, address(quote));
    }

    /// @custom:rule risk-takes-every-check
    function test_bounds_are_included_and_bind_new_risk_only() public {
        OracleAdapter oracle = deploy(plain());
        base.push(100e8, vm.getBlockTimestamp());
        assertPrice(oracle, 1e26);
        base.push(100e8 - 1, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(base));
        assertEq(oracle.measuringPrice(), 1e26 - 1e16);
        base.push(100_000e8, vm.getBlockTimestamp());
        assertPrice(oracle, 1e29);
        base.push(100_000e8 + 1, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(base));
        assertEq(oracle.measuringPrice(), 1e29 + 1e16);
    }

    // ---------------------------------------------------------------- two sources

    /// @custom:rule risk-takes-the-lower-price, measuring-takes-the-higher-price
    function testFuzz_of_two_sources_the_lower_adds_risk_and_the_higher_measures(int256 other) public {
        other = bound(other, 1960.8e18, 2039e18);
        OracleAdapter oracle = deploy(checked());
        cross.push(other, vm.getBlockTimestamp());
        uint256 otherE36 = uint256(other) * 1e6;
        uint256 low = otherE36 < 2e27 ? otherE36 : 2e27;
        uint256 high = otherE36 < 2e27 ? 2e27 : otherE36;
        (uint256 risk, uint256 deviation) = oracle.riskPrice();
        assertEq(risk, low);
        assertEq(oracle.measuringPrice(), high);
        assertEq(deviation, ((high - low) * 1e4 + low - 1) / low, "of the lower, rounded up");
        assertLe(deviation, 200);
    }

    /// @custom:rule risk-takes-every-check
    function test_a_deviation_beyond_the_largest_refuses_new_risk_only() public {
        OracleAdapter oracle = deploy(checked());
        cross.push(2040e18, vm.getBlockTimestamp());
        (, uint256 deviation) = oracle.riskPrice();
        assertEq(deviation, 200);
        cross.push(2040e18 + 1e12, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.DEVIATES, address(base));
        assertEq(oracle.measuringPrice(), 2.04e27 + 1e18);
        cross.push(1900e18, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.DEVIATES, address(cross));
        assertEq(oracle.measuringPrice(), 2e27);
    }

    function test_a_second_source_out_of_bounds_refuses_new_risk() public {
        OracleConfig memory config = checked();
        config.maxPriceE36 = 2e27;
        OracleAdapter oracle = deploy(config);
        assertPrice(oracle, 2e27);
        cross.push(2001e18, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(cross));
    }

    function test_of_two_equal_sources_the_second_is_named() public {
        OracleConfig memory config = checked();
        config.maxPriceE36 = 1.9e27;
        assertRefused(deploy(config), IOracleAdapter.Reason.OUT_OF_BOUNDS, address(cross));
    }

    /// What is wrong with a price comes before what is wrong between two, and that before the sequencer.
    function test_the_first_reason_is_told() public {
        OracleConfig memory config = checked();
        (config.sequencer, config.sequencerGrace) = (address(sequencer), 1 hours);
        config.minPriceE36 = 1.8e27;
        OracleAdapter oracle = deploy(config);
        sequencer.push(1, vm.getBlockTimestamp());
        base.push(1900e8, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.DEVIATES, address(base));
        base.push(1799e8, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(base));
    }

    function test_a_source_that_died_refuses_new_risk_and_the_other_measures() public {
        OracleAdapter oracle = deploy(checked());
        cross.push(0, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(cross));
        assertEq(oracle.measuringPrice(), 2e27);
        cross.push(2010e18, vm.getBlockTimestamp());
        base.push(0, vm.getBlockTimestamp());
        assertRefused(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
        assertEq(oracle.measuringPrice(), 2.01e27);
        cross.push(0, vm.getBlockTimestamp());
        assertUnmeasurable(oracle, IOracleAdapter.Reason.NON_POSITIVE, address(base));
    }

    // ---------------------------------------------------------------- the sequencer

    /// Pitfall 19: a sequencer that is down stops draws, and no liquidation.
    function test_a_sequencer_that_is_down_refuses_new_risk_only() public {
        OracleAdapter oracle = deploy(onL2());
        assertPrice(oracle, 2e27);
        sequencer.push(1, vm.getBlockTimestamp() - 1 days);
        assertRefused(oracle, IOracleAdapter.Reason.SEQUENCER_DOWN, address(sequencer));
        assertEq(oracle.measuringPrice(), 2e27);
    }

    /// @custom:rule sequencer-grace-from-its-start
    function test_the_sequencers_grace_counts_from_when_it_came_up() public {
        OracleAdapter oracle = deploy(onL2());
        sequencer.push(0, vm.getBlockTimestamp());
        skip(1 hours);
        assertRefused(oracle, IOracleAdapter.Reason.SEQUENCER_DOWN, address(sequencer));
        skip(1);
        assertPrice(oracle, 2e27);
    }

    function test_a_sequencer_that_never_started_or_starts_in_the_future_counts_as_down() public {
        OracleAdapter oracle = deploy(onL2());
        sequencer.push(0, 0);
        assertRefused(oracle, IOracleAdapter.Reason.SEQUENCER_DOWN, address(sequencer));
        sequencer.push(0, vm.getBlockTimestamp() + 1);
        assertRefused(oracle, IOracleAdapter.Reason.SEQUENCER_DOWN, address(sequencer));
    }

    // ---------------------------------------------------------------- feeds are code of somebody else

    function hostile(HostileFeed.Mode mode) internal returns (OracleAdapter oracle, HostileFeed feed) {
        OracleConfig memory config = checked();
        feed = new HostileFeed();
        config.crossCheck.feed = address(feed);
        oracle = deploy(config);
        assertPrice(oracle, 2e27);
        feed.set(mode);
    }

    /// Pitfall 1: a feed that fails is a reason, not a price and not a panic; the honest one still measures.
    function assertContained(HostileFeed.Mode mode) internal {
        (OracleAdapter oracle, HostileFeed feed) = hostile(mode);
        uint256 gasBefore = gasleft();
        assertEq(oracle.measuringPrice(), 2e27);
        assertLt(gasBefore - gasleft(), FEED_GAS + 30_000, "what a feed may use, and nothing to copy its answer");
        assertRefused(oracle, IOracleAdapter.Reason.UNREADABLE, address(feed));
    }

    function test_a_feed_that_reverts_is_contained() public {
        assertContained(HostileFeed.Mode.REVERTS);
    }

    function test_a_feed_that_reverts_with_megabytes_is_contained() public {
        assertContained(HostileFeed.Mode.REVERTS_WITH_MEGABYTES);
    }

    function test_a_feed_that_burns_its_gas_is_contained() public {
        assertContained(HostileFeed.Mode.BURNS_GAS);
    }

    function test_a_feed_that_returns_too_little_is_contained() public {
        assertContained(HostileFeed.Mode.RETURNS_TOO_LITTLE);
    }

    function test_a_feed_that_writes_is_contained() public {
        assertContained(HostileFeed.Mode.WRITES);
    }

    function test_of_a_feed_that_returns_megabytes_five_words_are_read() public {
        (OracleAdapter oracle,) = hostile(HostileFeed.Mode.RETURNS_MEGABYTES);
        uint256 gasBefore = gasleft();
        assertPrice(oracle, 2e27);
        assertLt(gasBefore - gasleft(), 2 * FEED_GAS, "two readings, of which nothing more is copied");
    }

    function test_a_feed_without_code_is_unreadable() public {
        OracleAdapter oracle = deploy(checked());
        vm.etch(address(cross), "");
        assertRefused(oracle, IOracleAdapter.Reason.UNREADABLE, address(cross));
    }

    /// A caller can't silence one of two feeds by leaving it too little gas, and so liquidate at the lower price.
    /// @custom:rule feed-is-not-starved
    function test_a_feed_is_not_starved_of_gas() public {
        (OracleAdapter oracle,) = hostile(HostileFeed.Mode.NEEDS_80K_GAS);
        base.push(1990e8, vm.getBlockTimestamp());
        uint256 answers;
        for (uint256 gasLimit = 60_000; gasLimit < 260_000; gasLimit += 500) {
            try oracle.measuringPrice{gas: gasLimit}() returns (uint256 price) {
                assertEq(price, 2e27, "the higher of the two, or nothing");
                ++answers;
            } catch {}
        }
        assertGt(answers, 0);
    }

    // ---------------------------------------------------------------- deployment

    function test_what_it_is_made_of_can_be_read_back() public {
        OracleConfig memory config = checked();
        config.quote = FeedConfig(address(quote), 2 hours, 3 minutes);
        (config.sequencer, config.sequencerGrace) = (address(sequencer), 77);
        assertEq(keccak256(abi.encode(deploy(config).config())), keccak256(abi.encode(config)));
    }

    function refuseDeployment(OracleConfig memory config, bytes memory reason) internal {
        vm.expectRevert(reason);
        this.create("OracleAdapter.sol", abi.encode(config));
    }

    function badOracle(bytes32 field, uint256 value) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.BadOracle.selector, field, value);
    }

    function test_bad_configurations_are_refused_at_deployment() public {
        OracleConfig memory config = plain();
        config.base.heartbeat = 0;
        refuseDeployment(config, badOracle("heartbeat", 0));
        config = plain();
        config.minPriceE36 = 0;
        refuseDeployment(config, badOracle("minPriceE36", 0));
        config = plain();
        config.maxPriceE36 = config.minPriceE36;
        refuseDeployment(config, badOracle("maxPriceE36", config.minPriceE36));
        config = plain();
        config.maxDeviationBps = 1;
        refuseDeployment(config, badOracle("maxDeviationBps", 1));
        config = checked();
        config.maxDeviationBps = 0;
        refuseDeployment(config, badOracle("maxDeviationBps", 0));
        config.maxDeviationBps = 10_001;
        refuseDeployment(config, badOracle("maxDeviationBps", 10_001));
    }

    function test_the_limits_of_a_configuration_are_allowed() public {
        OracleConfig memory config = checked();
        (config.base.heartbeat, config.crossCheck.heartbeat) = (1, 1);
        (config.minPriceE36, config.maxPriceE36) = (1, 2);
        config.maxDeviationBps = 1;
        deploy(config);
        config.maxDeviationBps = 10_000;
        deploy(config);
    }

    function test_bad_feeds_and_tokens_are_refused_at_deployment() public {
        OracleConfig memory config = plain();
        config.base.feed = address(0xbad);
        refuseDeployment(config, abi.encodeWithSelector(ErrorsLib.BadFeed.selector, address(0xbad)));
        config = plain();
        config.base.feed = address(new LocalFeed(address(this), 19, ""));
        refuseDeployment(config, abi.encodeWithSelector(ErrorsLib.BadFeed.selector, config.base.feed));
        config = onL2();
        config.sequencer = address(0xbad);
        refuseDeployment(config, abi.encodeWithSelector(ErrorsLib.BadFeed.selector, address(0xbad)));
        config = plain();
        config.loanToken = address(new LocalToken("Wide", "WIDE", 19));
        refuseDeployment(config, abi.encodeWithSelector(ErrorsLib.UnsupportedToken.selector, config.loanToken));
    }
}
