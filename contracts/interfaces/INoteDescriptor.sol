// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditVault} from "./ICreditVault.sol";

/// @title INoteDescriptor
/// @notice Draws the NFT of a line.
interface INoteDescriptor {
    /// @notice The metadata of line `id` of `vault`: a data URI of JSON that holds an SVG. No external resource is named.
    /// @dev Reverts with `NoSuchLine` when there is none; never because of an oracle or a token.
    function tokenURI(ICreditVault vault, uint256 id) external view returns (string memory);
}
