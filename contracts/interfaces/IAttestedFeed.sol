// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAggregatorV3} from "./IAggregatorV3.sol";

/// @notice What one reporter saw, and its signature (EIP-712) over it and the round that it is for.
/// @dev `answer` in the feed's decimals; `observedAt` in seconds since 1970; `signature` in 65 bytes: r, s, v.
struct Observation {
    int256 answer;
    uint40 observedAt;
    bytes signature;
}

/// @title IAttestedFeed
/// @notice A Chainlink-shaped feed of what people attest: revenue, an exchange rate, a payment received. A round is the median
/// of observations that exactly `quorum` of its reporters signed.
/// @dev Of an odd quorum k, up to (k−1)/2 liars cannot move the median out of the range of what the others said. They can make
/// a round look older than it is, by up to `maxAge`: whoever believes the feed for h seconds should choose h > maxAge.
/// Whoever submits chooses which reporters' observations make the round. Reporters are accounts with a key (EOAs): a contract's
/// signature (ERC-1271) is not asked for. Nothing can be changed after deployment, reporters included: a new set is a new feed.
interface IAttestedFeed is IAggregatorV3 {
    // ---------------------------------------------------------------- what it is made of

    /// @notice How many observations make a round: an odd number.
    function quorum() external view returns (uint256);

    /// @notice How old an observation may be when it is submitted, in seconds.
    function maxAge() external view returns (uint256);

    /// @notice Bounds of a plausible answer, both included. Observations beyond them are refused, never clamped.
    function minAnswer() external view returns (int256);
    function maxAnswer() external view returns (int256);

    /// @notice The accounts whose observations count, in ascending order.
    function reporters() external view returns (address[] memory);

    function isReporter(address account) external view returns (bool);

    /// @notice Version of the feed's form, as Chainlink's aggregators have it.
    function version() external view returns (uint256);

    // ---------------------------------------------------------------- rounds

    /// @notice The last round's id; zero before the first.
    function latestRound() external view returns (uint80);

    /// @notice A round by its id. `startedAt` and `updatedAt` are when its oldest observation was made.
    /// @dev Reverts with `NoSuchRound`. So does `latestRoundData` before the first round.
    function getRoundData(uint80 roundId)
        external
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice The EIP-712 digest that a reporter signs for an observation of round `roundId`. The domain names this contract on
    /// this chain.
    function observationDigest(uint80 roundId, int256 answer, uint40 observedAt) external view returns (bytes32);

    /// @notice Writes round `latestRound` + 1 from exactly `quorum` observations. Anyone may carry them.
    /// @dev Signers strictly ascend (`SignersUnordered`) and are reporters (`NotAReporter`); each observation is for this round,
    /// within the bounds (`AnswerOutOfRange`), not in the future (`ObservedInFuture`), later than the last round's
    /// `updatedAt` and not older than `maxAge` (`ObservedTooEarly`). Emits `AnswerUpdated`, as Chainlink's aggregators do.
    function submit(Observation[] calldata observations) external returns (uint80 roundId);
}
