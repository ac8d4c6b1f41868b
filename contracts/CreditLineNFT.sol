// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {ICreditLineNFT} from "./interfaces/ICreditLineNFT.sol";
import {ICreditVault} from "./interfaces/ICreditVault.sol";
import {INoteDescriptor} from "./interfaces/INoteDescriptor.sol";
import {ErrorsLib} from "./libraries/ErrorsLib.sol";

/// @title CreditLineNFT
/// @notice ERC-721 with id = line id: whoever holds it claims what the line pays. Minted and burned by the vault alone.
/// @dev Deployed by the vault's constructor. No callback to the receiver on mint: a lender can't use one to re-enter.
contract CreditLineNFT is ERC721, ICreditLineNFT {
    /// @dev Fixed by ERC-4906, which has no functions that it could be computed from.
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;

    /// @inheritdoc ICreditLineNFT
    address public immutable vault;

    /// @inheritdoc ICreditLineNFT
    INoteDescriptor public immutable descriptor;

    modifier onlyVault() {
        require(msg.sender == vault, ErrorsLib.NotVault(msg.sender));
        _;
    }

    constructor(INoteDescriptor descriptor_) ERC721("Covenant Credit Line", "CLINE") {
        vault = msg.sender;
        descriptor = descriptor_;
    }

    /// @inheritdoc ICreditLineNFT
    function mint(address to, uint256 id) external onlyVault {
        _mint(to, id);
    }

    /// @inheritdoc ICreditLineNFT
    function burn(uint256 id) external onlyVault {
        _burn(id);
    }

    /// @inheritdoc ICreditLineNFT
    function refresh(uint256 id) external onlyVault {
        emit MetadataUpdate(id);
    }

    /// @inheritdoc ICreditLineNFT
    function isOwnerOrApproved(address account, uint256 id) external view returns (bool) {
        return _isAuthorized(_ownerOf(id), account, id);
    }

    /// @inheritdoc IERC721Metadata
    function tokenURI(uint256 id) public view override(ERC721, IERC721Metadata) returns (string memory) {
        _requireOwned(id);
        return descriptor.tokenURI(ICreditVault(vault), id);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == ERC4906_INTERFACE_ID || super.supportsInterface(interfaceId);
    }
}
