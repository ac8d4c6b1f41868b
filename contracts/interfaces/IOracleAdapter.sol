// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice One feed of an oracle. An answer counts as fresh for `heartbeat` + `margin` seconds.
/// @dev Real feeds write later than their heartbeat says; the margin says how much later is still believed.
struct FeedConfig {
    address feed;
    uint32 heartbeat;
    uint32 margin;
}

/// @notice What an oracle is made of. Fixed at deployment.
/// @dev `base` prices the collateral, in the loan token itself or, with `quote`, in a unit that `quote` prices the loan token in.
/// `crossCheck` is a second source of the same thing as `base`. `quote`, `crossCheck` and `sequencer` may be zero.
/// `maxDeviationBps` is between `base` and `crossCheck`, zero without one. Prices between the bounds, both included, pass.
struct OracleConfig {
    address loanToken;
    address collateralToken;
    FeedConfig base;
    FeedConfig quote;
    FeedConfig crossCheck;
    address sequencer;
    uint32 sequencerGrace;
    uint16 maxDeviationBps;
    uint256 minPriceE36;
    uint256 maxPriceE36;
}

/// @title IOracleAdapter
/// @notice The price of one collateral base unit in loan base units, times 1e36, read in two ways.
interface IOracleAdapter {
    /// @notice What an oracle's feeds say of themselves.
    /// @dev STALE: not updated for longer than believed, or never, or in the future. NON_POSITIVE: the answer, or the price
    /// once it is scaled. OUT_OF_BOUNDS: or too large to be scaled. UNREADABLE: reverted, or not in a feed's form.
    /// SEQUENCER_DOWN: down, or up for less than its grace, or its feed can't be read.
    enum Reason {
        OK,
        STALE,
        NON_POSITIVE,
        OUT_OF_BOUNDS,
        DEVIATES,
        SEQUENCER_DOWN,
        UNREADABLE
    }

    /// @notice What the oracle is made of.
    function config() external view returns (OracleConfig memory);

    /// @notice The price for what adds risk (draw, withdraw in debt, in kind): every check passes, the lower feed counts.
    /// @return priceE36 greater than zero.
    /// @return deviationBps how far the two sources are apart, as part of the lower one, rounded up; zero with one source.
    /// @dev Reverts with `PriceUnavailable(reason, feed)`.
    function riskPrice() external view returns (uint256 priceE36, uint256 deviationBps);

    /// @notice The price to measure LTV and to liquidate: the higher of the fresh feeds, whatever sequencer, deviation and bounds say.
    /// @dev Reverts with `PriceUnavailable(reason, feed)` when no source is fresh and positive.
    function measuringPrice() external view returns (uint256 priceE36);

    /// @notice What `riskPrice` would say, without reverting: OK, or the first reason against it and whose it is.
    function assess() external view returns (Reason reason, address feed);
}
