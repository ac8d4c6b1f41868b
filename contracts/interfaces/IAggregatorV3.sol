// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IAggregatorV3
/// @notice What Covenant reads of a Chainlink-shaped feed.
interface IAggregatorV3 {
    /// @notice Decimals of the answers.
    function decimals() external view returns (uint8);

    /// @notice What the feed is of, for people: "ETH / USD".
    function description() external view returns (string memory);

    /// @notice The latest round. `answeredInRound` is deprecated by Chainlink and not looked at.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
