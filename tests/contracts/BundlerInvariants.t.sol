// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer} from "contracts/interfaces/ICreditVault.sol";

import {BundlerFixture} from "./support/BundlerFixture.sol";
import {BundlerHandler} from "./support/BundlerHandler.sol";
import {FlashLender} from "./support/FlashLender.sol";

/// @notice Whatever borrowers do through the bundler, and whatever their flash lenders do.
contract BundlerInvariantsTest is BundlerFixture {
    BundlerHandler internal handler;

    function setUp() public override {
        super.setUp();
        address[3] memory borrowers = [borrower, makeAddr("second borrower"), makeAddr("third borrower")];
        for (uint256 i = 0; i < 3; ++i) {
            fund(borrowers[i]);
            join(borrowers[i]);
            approve(borrowers[i]);
        }
        FlashLender flashLender = new FlashLender();
        usdc.mint(address(flashLender), 10_000_000e6);
        Offer memory offer = defaultOffer();
        (offer.limit, offer.groupCap, offer.minCollateral) = (20_000e6, 10_000_000e6, 9e18);
        handler = new BundlerHandler(bundler, flashLender, feed, offer, lenderKey, borrowers);
        targetContract(address(handler));
    }

    /// Nothing stays with it, and nobody may take what passes through it: only what was sent here by mistake lies here.
    function invariant_it_holds_and_allows_nothing_between_calls() public view {
        assertEq(usdc.balanceOf(address(bundler)), handler.lost());
        assertEq(weth.balanceOf(address(bundler)), 0);
        assertEq(usdc.allowance(address(bundler), address(vault)), 0);
        assertEq(weth.allowance(address(bundler), address(vault)), 0);
        assertEq(usdc.allowance(address(bundler), address(handler.flashLender())), 0);
    }

    /// All three gave it their allowances and made it their operator. No call of one moved anything of another's.
    function invariant_nobody_moves_what_is_somebody_elses() public view {
        assertFalse(handler.touchedAnother());
        assertSolvent();
    }
}
