// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StoredState} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract ClaimTest is VaultFixture {
    uint256 internal id;
    uint96 internal owing;

    function setUp() public override {
        super.setUp();
        id = openDrawn(20_000e6);
        pass(PERIOD);
        owing = repay(id, uint96(dueOf(id)));
    }

    function claim(address account, address token, address to) internal returns (uint96) {
        vm.prank(account);
        return vault.claim(id, token, to);
    }

    function test_the_holder_claims_what_was_paid() public {
        uint256 had = usdc.balanceOf(stranger);
        StoredState memory before = vault.stored(id);
        vm.expectEmit(address(vault));
        emit EventsLib.Claimed(id, address(usdc), stranger, owing);
        assertEq(claim(lender, address(usdc), stranger), owing);
        assertEq(usdc.balanceOf(stranger), had + owing);
        StoredState memory state = vault.stored(id);
        assertEq(state.claimLoan, 0);
        assertEq(state.seq, before.seq + 1, "seq covers claims");
        assertSolvent();
    }

    function test_the_claim_follows_the_note() public {
        vm.prank(lender);
        nft.transferFrom(lender, stranger, id);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotHolder.selector, id, lender));
        claim(lender, address(usdc), lender);
        claim(stranger, address(usdc), stranger);
    }

    function test_approved_accounts_and_operators_of_the_holder_may_claim() public {
        vm.prank(lender);
        nft.approve(stranger, id);
        claim(stranger, address(usdc), lender);
        repay(id, 10_000e6);
        pass(10 days);
        repay(id, 100e6);
        vm.prank(lender);
        nft.setApprovalForAll(keeper, true);
        claim(keeper, address(usdc), lender);
    }

    /// @custom:rule only-the-holder-claims
    function test_others_may_not_claim_not_even_the_borrower() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotHolder.selector, id, borrower));
        claim(borrower, address(usdc), borrower);
    }

    /// @custom:rule only-tokens-of-the-line
    function test_a_token_that_is_not_the_lines_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotALineToken.selector, id, address(feed)));
        claim(lender, address(feed), lender);
    }

    function test_an_empty_claim_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingToClaim.selector, id, address(weth)));
        claim(lender, address(weth), lender);
    }

    function test_the_least_claim_is_one_unit() public {
        claimLoan(id);
        pass(1 days);
        repay(id, 1);
        assertEq(claimLoan(id), 1);
    }

    function test_a_claim_to_nobody_is_refused() public {
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        claim(lender, address(usdc), address(0));
    }

    /// Pitfall 18, invariant 12: a claim depends on no status, no price and no guardian.
    function test_a_claim_never_depends_on_status() public {
        vm.prank(guardian);
        vault.stop();
        setPrice(0);
        claim(lender, address(usdc), lender);
        skip(PERIOD + GRACE + 1);
        repay(id, 1000e6);
        claim(lender, address(usdc), lender);
        skip(TERM);
        repay(id, 1000e6);
        claim(lender, address(usdc), lender);
        close(id);
        claim(lender, address(usdc), lender);
    }

    /// Nothing is accrued by a claim.
    function test_a_claim_does_not_accrue() public {
        StoredState memory before = vault.stored(id);
        pass(3 days);
        claim(lender, address(usdc), lender);
        assertEq(vault.stored(id).accruedAt, before.accruedAt);
    }

    /// Burned only when closed with nothing left to claim.
    /// @custom:rule note-lives-until-its-last-claim
    function test_the_note_is_burned_with_the_last_claim_of_a_closed_line() public {
        claim(lender, address(usdc), lender);
        assertEq(nft.ownerOf(id), lender, "an open line keeps its note");
        close(id);
        assertEq(nft.ownerOf(id), lender, "a closed line with a claim keeps its note");
        claim(lender, address(usdc), lender);
        vm.expectRevert();
        nft.ownerOf(id);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotHolder.selector, id, lender));
        claim(lender, address(usdc), lender);
    }

    function test_a_closed_line_keeps_its_note_until_the_seized_collateral_is_claimed() public {
        setPrice(550e8);
        vm.prank(borrower);
        vault.repayInKind(id, repaymentOf(100e6, type(uint96).max, 0));
        close(id);
        claim(lender, address(usdc), lender);
        assertEq(nft.ownerOf(id), lender, "collateral is still to be claimed");
        claim(lender, address(weth), lender);
        vm.expectRevert();
        nft.ownerOf(id);
    }
}
