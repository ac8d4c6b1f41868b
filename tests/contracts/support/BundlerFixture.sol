// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Preinstalls} from "@eth-optimism/contracts-bedrock/src/libraries/Preinstalls.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Opening, Refinancing} from "contracts/interfaces/IBundler.sol";
import {Offer} from "contracts/interfaces/ICreditVault.sol";
import {IPermit2, PermitDetails, PermitSingle} from "contracts/interfaces/IPermit2.sol";
import {Bundler} from "contracts/periphery/Bundler.sol";

import {VaultFixture} from "./VaultFixture.sol";

/// @notice A vault with a bundler and the real Permit2, and a borrower who made the bundler its operator and approved Permit2.
abstract contract BundlerFixture is VaultFixture {
    bytes32 private constant DETAILS_TYPEHASH =
        keccak256("PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)");
    bytes32 private constant SINGLE_TYPEHASH = keccak256(
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)"
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );

    IPermit2 internal permit2;
    Bundler internal bundler;

    function setUp() public virtual override {
        super.setUp();
        permit2 = IPermit2(Preinstalls.Permit2);
        vm.etch(address(permit2), Preinstalls.getPermit2Code(block.chainid));
        bundler = new Bundler(vault, permit2);
        join(borrower);
    }

    /// @dev Makes the bundler an operator, and lets Permit2 and nobody else move what `account` has.
    function join(address account) internal {
        vm.startPrank(account);
        vault.setOperator(address(bundler), true);
        usdc.approve(address(permit2), type(uint256).max);
        weth.approve(address(permit2), type(uint256).max);
        vm.stopPrank();
    }

    /// @dev A group big enough for several lines.
    function defaultOffer() internal view virtual override returns (Offer memory offer) {
        offer = super.defaultOffer();
        offer.groupCap = 10 * LIMIT;
    }

    // ---------------------------------------------------------------- allowances

    function approve(address account) internal {
        vm.startPrank(account);
        usdc.approve(address(bundler), type(uint256).max);
        weth.approve(address(bundler), type(uint256).max);
        vm.stopPrank();
    }

    function permitOf(IERC20 token, uint160 amount, uint48 nonce) internal view returns (PermitSingle memory) {
        uint48 expiration = uint48(vm.getBlockTimestamp() + 1 hours);
        return PermitSingle(
            PermitDetails(address(token), amount, expiration, nonce),
            address(bundler),
            vm.getBlockTimestamp() + 1 minutes
        );
    }

    function signPermit(uint256 key, PermitSingle memory single) internal view returns (bytes memory) {
        bytes32 details = keccak256(abi.encode(DETAILS_TYPEHASH, single.details));
        bytes32 hash = keccak256(abi.encode(SINGLE_TYPEHASH, details, single.spender, single.sigDeadline));
        bytes32 domain = Permit2Domain(address(permit2)).DOMAIN_SEPARATOR();
        return signBy(key, keccak256(abi.encodePacked(hex"1901", domain, hash)));
    }

    /// @dev The call that gives the bundler an allowance of the borrower's through Permit2.
    function permitCall(IERC20 token, uint160 amount, uint48 nonce) internal view returns (bytes memory) {
        PermitSingle memory single = permitOf(token, amount, nonce);
        return abi.encodeCall(bundler.permitThroughPermit2, (single, signPermit(borrowerKey, single)));
    }

    // ---------------------------------------------------------------- lines

    function openingOf(Offer memory offer, uint96 collateral, uint96 drawn) internal view returns (Opening memory) {
        return Opening(offer, sign(offer), offer.limit, collateral, drawn);
    }

    function refinancingOf(uint256 id, Opening memory opening) internal pure returns (Refinancing memory) {
        return Refinancing(id, opening, address(0), 0);
    }

    // ---------------------------------------------------------------- what must hold after every call

    function assertHoldsNothing() internal view {
        assertEq(usdc.balanceOf(address(bundler)), 0, "loan token left");
        assertEq(weth.balanceOf(address(bundler)), 0, "collateral token left");
        assertEq(usdc.allowance(address(bundler), address(vault)), 0, "loan token still allowed");
        assertEq(weth.allowance(address(bundler), address(vault)), 0, "collateral token still allowed");
    }
}

interface Permit2Domain {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
