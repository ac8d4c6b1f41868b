// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

import {INoteDescriptor} from "./INoteDescriptor.sol";

/// @title ICreditLineNFT
/// @notice ERC-721 with id = line id: the claim on what the line pays. Whoever holds it may claim.
interface ICreditLineNFT is IERC721Metadata, IERC4906 {
    function vault() external view returns (address);

    /// @notice Who draws the tokens. Fixed at deployment.
    function descriptor() external view returns (INoteDescriptor);

    /// @notice Mints without a callback to the receiver. Only the vault.
    function mint(address to, uint256 id) external;

    /// @notice Only the vault.
    function burn(uint256 id) external;

    /// @notice Announces changed metadata (ERC-4906). Only the vault.
    function refresh(uint256 id) external;

    /// @notice Whether `account` is the owner of `id`, approved for it, or an operator of the owner.
    function isOwnerOrApproved(address account, uint256 id) external view returns (bool);
}
