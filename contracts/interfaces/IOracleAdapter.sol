// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IOracleAdapter
/// @notice The price of one collateral base unit in loan base units, times 1e36, read in two ways.
interface IOracleAdapter {
    /// @notice What an oracle's feeds say of themselves.
    enum Reason {
        OK,
        STALE,
        NON_POSITIVE,
        OUT_OF_BOUNDS,
        DEVIATES,
        SEQUENCER_DOWN,
        UNREADABLE
    }

    /// @notice The price for what adds risk (draw, withdraw in debt, in kind): every check passes, the lower feed counts.
    /// @return priceE36 greater than zero, and the deviation of the two price sources in basis points (rounded up, zero with one source).
    /// @dev Reverts with `PriceUnavailable(reason, feed)`.
    function riskPrice() external view returns (uint256 priceE36, uint256 deviationBps);

    /// @notice The price to measure LTV and to liquidate: the higher of the fresh feeds, whatever sequencer, deviation and bounds say.
    /// @dev Reverts with `PriceUnavailable(reason, feed)` when no source is fresh and positive.
    function measuringPrice() external view returns (uint256 priceE36);

    /// @notice What `riskPrice` would say, without reverting: OK, or the first reason against it.
    function assess() external view returns (Reason reason, address feed);
}
