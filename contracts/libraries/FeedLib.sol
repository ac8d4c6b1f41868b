// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {FEED_GAS} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";

/// @title FeedLib
/// @notice Reads feeds as what they are: code of somebody else, which may revert, burn its gas or return megabytes.
library FeedLib {
    /// @dev `latestRoundData` in five words.
    uint256 private constant ROUND_SIZE = 5 * 32;

    /// @dev The latest round of `feed`. `readable` is false when it reverted or did not answer in a feed's form.
    /// Never reverts because of the feed. Reverts with `TooLittleGas` when the caller left less than the feed may use: a
    /// caller must not be able to silence a feed by starving it.
    function latestRound(address feed)
        internal
        view
        returns (bool readable, int256 answer, uint256 startedAt, uint256 updatedAt)
    {
        uint256 needed = FEED_GAS * 64 / 63 + 10_000;
        require(gasleft() >= needed, ErrorsLib.TooLittleGas(gasleft(), needed));
        bytes32 selector = IAggregatorV3.latestRoundData.selector;
        // audit: no-inline-assembly: a call in Solidity copies all that comes back, however much
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let round := mload(0x40)
            mstore(0, selector)
            readable := staticcall(FEED_GAS, feed, 0, 4, round, ROUND_SIZE)
            readable := and(readable, gt(returndatasize(), sub(ROUND_SIZE, 1)))
            if readable {
                answer := mload(add(round, 0x20))
                startedAt := mload(add(round, 0x40))
                updatedAt := mload(add(round, 0x60))
            }
        }
    }
}
