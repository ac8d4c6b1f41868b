// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {FeedConfig, IOracleAdapter, OracleConfig} from "../interfaces/IOracleAdapter.sol";
import {BPS, MAX_FEED_DECIMALS, MAX_TOKEN_DECIMALS} from "../libraries/ConstantsLib.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {FeedLib} from "../libraries/FeedLib.sol";
import {MathLib} from "../libraries/MathLib.sol";

/// @title OracleAdapter
/// @notice One price from Chainlink-shaped feeds, read in two ways. Nothing in it can change after deployment.
///
/// - A price is answer·scale/quoteAnswer, rounded down, where `scale` holds all decimals: of both tokens and of the feeds.
/// - To add risk every check must pass: readable, positive, fresh, within bounds, sources together, sequencer up for a while.
///   The lower source counts. There is no last good price and no sentinel: without a price it reverts.
/// - To measure, whatever is fresh and positive counts, and of two sources the higher: a borrower is liquidated only if
///   no source holds against it. A sequencer that is down, bounds and deviation stop nobody from that.
contract OracleAdapter is IOracleAdapter {
    using MathLib for uint256;

    /// @dev 10^(36 + loan decimals − collateral decimals + quote decimals − feed decimals).
    uint256 private immutable _baseScale;
    uint256 private immutable _crossScale;

    address private immutable _loanToken;
    address private immutable _collateralToken;
    address private immutable _base;
    uint32 private immutable _baseHeartbeat;
    uint32 private immutable _baseMargin;
    address private immutable _quote;
    uint32 private immutable _quoteHeartbeat;
    uint32 private immutable _quoteMargin;
    address private immutable _cross;
    uint32 private immutable _crossHeartbeat;
    uint32 private immutable _crossMargin;
    address private immutable _sequencer;
    uint32 private immutable _sequencerGrace;
    uint16 private immutable _maxDeviationBps;
    uint256 private immutable _minPriceE36;
    uint256 private immutable _maxPriceE36;

    /// @dev A price and what is said against it: by `feed`, for `reason`. Zero when there is no price to speak of.
    struct Source {
        uint256 priceE36;
        Reason reason;
        address feed;
    }

    constructor(OracleConfig memory config_) {
        uint256 exponent = 36 + _decimalsOfToken(config_.loanToken) - _decimalsOfToken(config_.collateralToken);
        if (config_.quote.feed != address(0)) exponent += _decimalsOfFeed(config_.quote);
        _baseScale = 10 ** (exponent - _decimalsOfFeed(config_.base));
        bool crossChecked = config_.crossCheck.feed != address(0);
        _crossScale = crossChecked ? 10 ** (exponent - _decimalsOfFeed(config_.crossCheck)) : 0;
        require(
            crossChecked == (config_.maxDeviationBps > 0) && config_.maxDeviationBps <= BPS,
            ErrorsLib.BadOracle("maxDeviationBps", config_.maxDeviationBps)
        );
        require(config_.minPriceE36 > 0, ErrorsLib.BadOracle("minPriceE36", 0));
        require(config_.minPriceE36 < config_.maxPriceE36, ErrorsLib.BadOracle("maxPriceE36", config_.maxPriceE36));
        require(
            config_.sequencer == address(0) || config_.sequencer.code.length > 0, ErrorsLib.BadFeed(config_.sequencer)
        );

        _loanToken = config_.loanToken;
        _collateralToken = config_.collateralToken;
        _base = config_.base.feed;
        _baseHeartbeat = config_.base.heartbeat;
        _baseMargin = config_.base.margin;
        _quote = config_.quote.feed;
        _quoteHeartbeat = config_.quote.heartbeat;
        _quoteMargin = config_.quote.margin;
        _cross = config_.crossCheck.feed;
        _crossHeartbeat = config_.crossCheck.heartbeat;
        _crossMargin = config_.crossCheck.margin;
        _sequencer = config_.sequencer;
        _sequencerGrace = config_.sequencerGrace;
        _maxDeviationBps = config_.maxDeviationBps;
        _minPriceE36 = config_.minPriceE36;
        _maxPriceE36 = config_.maxPriceE36;
    }

    // ---------------------------------------------------------------- readings

    /// @inheritdoc IOracleAdapter
    function riskPrice() external view returns (uint256 priceE36, uint256 deviationBps) {
        (Source memory worst, uint256 apartBps) = _risk();
        require(worst.reason == Reason.OK, ErrorsLib.PriceUnavailable(worst.reason, worst.feed));
        return (worst.priceE36, apartBps);
    }

    /// @inheritdoc IOracleAdapter
    function assess() external view returns (Reason reason, address feed) {
        (Source memory worst,) = _risk();
        return (worst.reason, worst.feed);
    }

    /// @inheritdoc IOracleAdapter
    function measuringPrice() external view returns (uint256 priceE36) {
        (Source memory base, Source memory cross) = _sources();
        priceE36 = base.priceE36.max(cross.priceE36);
        require(priceE36 > 0, ErrorsLib.PriceUnavailable(base.reason, base.feed));
    }

    /// @inheritdoc IOracleAdapter
    function config() external view returns (OracleConfig memory) {
        return OracleConfig({
            loanToken: _loanToken,
            collateralToken: _collateralToken,
            base: FeedConfig(_base, _baseHeartbeat, _baseMargin),
            quote: FeedConfig(_quote, _quoteHeartbeat, _quoteMargin),
            crossCheck: FeedConfig(_cross, _crossHeartbeat, _crossMargin),
            sequencer: _sequencer,
            sequencerGrace: _sequencerGrace,
            maxDeviationBps: _maxDeviationBps,
            minPriceE36: _minPriceE36,
            maxPriceE36: _maxPriceE36
        });
    }

    // ---------------------------------------------------------------- the checks

    /// @dev The lower source with the first reason against it, if any.
    function _risk() private view returns (Source memory lower, uint256 deviationBps) {
        (Source memory base, Source memory cross) = _sources();
        lower = base;
        if (base.reason != Reason.OK) return (base, 0);
        if (_cross != address(0)) {
            if (cross.reason != Reason.OK) return (cross, 0);
            Source memory higher = cross;
            if (cross.priceE36 < base.priceE36) (lower, higher) = (cross, base);
            deviationBps = (higher.priceE36 - lower.priceE36).mulDivUp(BPS, lower.priceE36);
            _object(higher, !_withinBounds(higher.priceE36), Reason.OUT_OF_BOUNDS);
            if (higher.reason != Reason.OK) return (higher, deviationBps);
        }
        _object(lower, !_withinBounds(lower.priceE36), Reason.OUT_OF_BOUNDS);
        _object(lower, deviationBps > _maxDeviationBps, Reason.DEVIATES);
        if (lower.reason == Reason.OK && !_sequencerIsUp()) {
            (lower.reason, lower.feed) = (Reason.SEQUENCER_DOWN, _sequencer);
        }
    }

    function _object(Source memory source, bool broken, Reason reason) private pure {
        if (broken && source.reason == Reason.OK) source.reason = reason;
    }

    function _withinBounds(uint256 priceE36) private view returns (bool) {
        return priceE36 >= _minPriceE36 && priceE36 <= _maxPriceE36;
    }

    /// @dev The grace counts from when the sequencer's status changed, so that borrowers can act before prices do.
    function _sequencerIsUp() private view returns (bool) {
        if (_sequencer == address(0)) return true;
        // audit: unused-return: a sequencer's feed is not updated while nothing changes
        // slither-disable-next-line unused-return
        (bool readable, int256 answer, uint256 startedAt,) = FeedLib.latestRound(_sequencer);
        return readable && answer == 0 && startedAt > 0 && startedAt <= block.timestamp
            && block.timestamp - startedAt > _sequencerGrace;
    }

    // ---------------------------------------------------------------- the sources

    function _sources() private view returns (Source memory base, Source memory cross) {
        uint256 quoteAnswer = 1;
        if (_quote != address(0)) {
            Reason reason;
            (reason, quoteAnswer) = _answer(_quote, uint256(_quoteHeartbeat) + _quoteMargin);
            if (reason != Reason.OK) {
                base = Source(0, reason, _quote);
                return (base, base);
            }
        }
        base = _source(_base, uint256(_baseHeartbeat) + _baseMargin, _baseScale, quoteAnswer);
        if (_cross != address(0)) {
            cross = _source(_cross, uint256(_crossHeartbeat) + _crossMargin, _crossScale, quoteAnswer);
        }
    }

    function _source(address feed, uint256 maxAge, uint256 scale, uint256 quoteAnswer)
        private
        view
        returns (Source memory source)
    {
        uint256 answer;
        source.feed = feed;
        (source.reason, answer) = _answer(feed, maxAge);
        if (source.reason != Reason.OK) return source;
        // audit: unused-return: the upper half alone says whether the quotient fits
        // slither-disable-next-line unused-return
        (uint256 high,) = Math.mul512(answer, scale);
        if (high >= quoteAnswer) {
            source.reason = Reason.OUT_OF_BOUNDS;
            return source;
        }
        source.priceE36 = answer.mulDivDown(scale, quoteAnswer);
        if (source.priceE36 == 0) source.reason = Reason.NON_POSITIVE;
    }

    /// @dev The latest answer of a feed, which is positive if there is no reason against it.
    function _answer(address feed, uint256 maxAge) private view returns (Reason, uint256) {
        // audit: unused-return: a price is dated by its update
        // slither-disable-next-line unused-return
        (bool readable, int256 answer,, uint256 updatedAt) = FeedLib.latestRound(feed);
        if (!readable) return (Reason.UNREADABLE, 0);
        if (answer <= 0) return (Reason.NON_POSITIVE, 0);
        if (updatedAt == 0 || updatedAt > block.timestamp || block.timestamp - updatedAt > maxAge) {
            return (Reason.STALE, 0);
        }
        return (Reason.OK, uint256(answer));
    }

    // ---------------------------------------------------------------- deployment

    function _decimalsOfToken(address token) private view returns (uint256 decimals) {
        decimals = IERC20Metadata(token).decimals();
        require(decimals <= MAX_TOKEN_DECIMALS, ErrorsLib.UnsupportedToken(token));
    }

    function _decimalsOfFeed(FeedConfig memory feed) private view returns (uint256 decimals) {
        require(feed.feed.code.length > 0, ErrorsLib.BadFeed(feed.feed));
        require(feed.heartbeat > 0, ErrorsLib.BadOracle("heartbeat", 0));
        decimals = IAggregatorV3(feed.feed).decimals();
        require(decimals <= MAX_FEED_DECIMALS, ErrorsLib.BadFeed(feed.feed));
    }
}
