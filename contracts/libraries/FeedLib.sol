// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {FEED_GAS} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";

/// @dev The latest round of a feed. `readable` is false when the feed reverted or did not answer in its form.
struct Round {
    bool readable;
    int256 answer;
    uint256 startedAt;
    uint256 updatedAt;
}

/// @title FeedLib
/// @notice Reads feeds as what they are: code of somebody else, which may revert, burn its gas or return megabytes.
library FeedLib {
    /// @dev `latestRoundData` in five words.
    uint256 private constant ROUND_SIZE = 5 * 32;

    /// @dev Never reverts because of the feed. Reverts with `TooLittleGas` when the caller left less than the feed may use: a
    /// caller must not be able to silence a feed by starving it.
    function latestRound(address feed) internal view returns (Round memory round) {
        uint256 needed = FEED_GAS * 64 / 63 + 10_000;
        require(gasleft() >= needed, ErrorsLib.TooLittleGas(gasleft(), needed));
        bytes memory call_ = abi.encodeCall(IAggregatorV3.latestRoundData, ());
        uint256[5] memory words;
        bool success;
        // audit: no-inline-assembly: a call in Solidity copies all that comes back, however much
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := staticcall(FEED_GAS, feed, add(call_, 0x20), mload(call_), words, ROUND_SIZE)
            success := and(success, gt(returndatasize(), sub(ROUND_SIZE, 1)))
        }
        if (success) round = Round(true, int256(words[1]), words[2], words[3]);
    }
}
