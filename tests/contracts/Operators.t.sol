// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {LineTerms, Offer} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";

contract OperatorsTest is VaultFixture {
    address internal operator = makeAddr("operator");

    function setUp() public override {
        super.setUp();
        fund(operator);
    }

    function grant() internal {
        vm.prank(borrower);
        vault.setOperator(operator, true);
    }

    function test_granting_and_revoking_are_announced() public {
        vm.expectEmit(address(vault));
        emit EventsLib.OperatorSet(borrower, operator, true);
        grant();
        assertTrue(vault.isOperator(borrower, operator));
        vm.prank(borrower);
        vault.setOperator(operator, false);
        assertFalse(vault.isOperator(borrower, operator));
    }

    /// @custom:rule operator-pays-the-borrower-only
    function test_an_operator_draws_to_the_borrower_only() public {
        uint256 id = openLine();
        grant();
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OperatorPaysBorrowerOnly.selector, operator));
        vault.draw(id, 1000e6, operator);
        uint256 had = usdc.balanceOf(borrower);
        vault.draw(id, 1000e6, borrower);
        assertEq(usdc.balanceOf(borrower), had + 1000e6);
    }

    /// @custom:rule operator-pays-the-borrower-only
    function test_an_operator_closes_to_the_borrower_only_and_pays_itself() public {
        uint256 id = openDrawn(1000e6);
        grant();
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OperatorPaysBorrowerOnly.selector, operator));
        vault.close(id, operator);
        uint256 had = usdc.balanceOf(operator);
        uint256 hadEther = weth.balanceOf(borrower);
        vault.close(id, borrower);
        assertEq(usdc.balanceOf(operator), had - 1000e6);
        assertEq(weth.balanceOf(borrower), hadEther + MIN_COLLATERAL);
    }

    function test_an_operator_of_one_borrower_is_nothing_to_another() public {
        uint256 id = openLine();
        vm.prank(stranger);
        vault.setOperator(operator, true);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, operator));
        vm.prank(operator);
        vault.draw(id, 1000e6, borrower);
    }

    function test_a_revoked_operator_is_refused() public {
        uint256 id = openLine();
        grant();
        vm.prank(borrower);
        vault.setOperator(operator, false);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, operator));
        vm.prank(operator);
        vault.draw(id, 1000e6, borrower);
    }

    // ---------------------------------------------------------------- opening for somebody else

    function test_an_operator_opens_a_line_for_the_borrower_and_pays_for_it() public {
        grant();
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        uint256 had = usdc.balanceOf(operator);
        uint256 hadEther = weth.balanceOf(operator);
        vm.prank(operator);
        uint256 id = vault.open(offer, signature, LIMIT, borrower);
        assertEq(vault.borrowerOf(id), borrower);
        assertEq(nft.ownerOf(id), lender);
        assertEq(usdc.balanceOf(operator), had - 500e6, "the fee");
        assertEq(weth.balanceOf(operator), hadEther - MIN_COLLATERAL);
        assertSolvent();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OperatorPaysBorrowerOnly.selector, operator));
        vm.prank(operator);
        vault.draw(id, 1000e6, operator);
        draw(id, 1000e6);
    }

    function test_a_line_opened_by_an_operator_is_announced_as_the_borrowers() public {
        grant();
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        LineTerms memory terms = vault.terms(openWith(defaultOffer(), MIN_DEBT));
        uint96 collateral = vault.stored(1).collateral;
        vm.expectEmit(address(vault));
        emit EventsLib.Opened(
            2, lender, borrower, vault.hashOffer(offer), 1, 2 * MIN_DEBT, MIN_DEBT, collateral, 0.5e6, terms
        );
        vm.prank(operator);
        vault.open(offer, signature, MIN_DEBT, borrower);
    }

    /// @custom:rule only-the-borrower-opens
    function test_nobody_opens_a_line_for_another_without_being_its_operator() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotOperator.selector, borrower, operator));
        vm.prank(operator);
        vault.open(offer, signature, LIMIT, borrower);
    }

    /// The offer is read for the borrower: one that names the operator does not bind the lender to the borrower.
    function test_an_offer_to_the_operator_does_not_open_a_line_for_the_borrower() public {
        grant();
        Offer memory offer = defaultOffer();
        offer.borrower = operator;
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferForAnother.selector, operator, borrower));
        vm.prank(operator);
        vault.open(offer, signature, LIMIT, borrower);
        offer.borrower = borrower;
        signature = sign(offer);
        vm.prank(operator);
        vault.open(offer, signature, LIMIT, borrower);
    }

    function test_a_stop_holds_for_lines_opened_by_an_operator() public {
        grant();
        vm.prank(guardian);
        vault.stop();
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.StoppedByGuardian.selector, vault.stoppedUntil()));
        vm.prank(operator);
        vault.open(offer, signature, LIMIT, borrower);
    }

    // ---------------------------------------------------------------- several calls in one

    /// @custom:rule multicall-is-the-caller
    function test_a_multicall_acts_as_its_caller() public {
        Offer memory offer = defaultOffer();
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(vault.open, (offer, sign(offer), LIMIT, borrower));
        calls[1] = abi.encodeCall(vault.deposit, (1, 5e18));
        calls[2] = abi.encodeCall(vault.draw, (1, 10_000e6, borrower));
        vm.prank(borrower);
        bytes[] memory results = vault.multicall(calls);
        assertEq(abi.decode(results[0], (uint256)), 1);
        assertEq(vault.borrowerOf(1), borrower);
        assertEq(vault.stored(1).collateral, MIN_COLLATERAL + 5e18);
        assertEq(vault.stored(1).principal, 10_000e6);
    }

    function test_a_multicall_does_all_or_nothing() public {
        uint256 id = openLine();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(vault.draw, (id, 10_000e6, borrower));
        calls[1] = abi.encodeCall(vault.draw, (id, 60_000e6, borrower));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BeyondInitialLtv.selector, 70_000e6, 100_000e6, 6000));
        vm.prank(borrower);
        vault.multicall(calls);
        assertEq(vault.stored(id).principal, 0);
    }

    function test_a_permit_in_a_multicall_replaces_the_approval() public {
        uint256 id = openDrawn(20_000e6);
        vm.prank(borrower);
        usdc.approve(address(vault), 0);
        bytes[] memory calls = repayByPermit(id);
        vm.prank(borrower);
        vault.multicall(calls);
        assertEq(vault.stored(id).principal, 19_000e6);
    }

    /// A permit that somebody else used first does not stop the call that it was for.
    /// @custom:rule a-used-permit-stops-nothing
    function test_a_permit_that_was_used_already_is_passed_over() public {
        uint256 id = openDrawn(20_000e6);
        vm.prank(borrower);
        usdc.approve(address(vault), 0);
        bytes[] memory calls = repayByPermit(id);
        (bool used,) = address(vault).call(calls[0]);
        assertTrue(used);
        assertEq(usdc.allowance(borrower, address(vault)), 0, "a permit is the caller's own only");
        (uint8 v, bytes32 r, bytes32 s) = permitSignature(1000e6);
        usdc.permit(borrower, address(vault), 1000e6, vm.getBlockTimestamp(), v, r, s);
        vm.prank(borrower);
        vault.multicall(calls);
        assertEq(vault.stored(id).principal, 19_000e6);
    }

    function test_without_permit_and_approval_the_pull_says_what_is_missing() public {
        uint256 id = openDrawn(20_000e6);
        vm.startPrank(borrower);
        usdc.approve(address(vault), 0);
        vault.permit(address(usdc), 1000e6, vm.getBlockTimestamp(), 27, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, 1000e6)
        );
        vault.repay(id, 1000e6);
    }

    function repayByPermit(uint256 id) internal view returns (bytes[] memory calls) {
        (uint8 v, bytes32 r, bytes32 s) = permitSignature(1000e6);
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(vault.permit, (address(usdc), 1000e6, vm.getBlockTimestamp(), v, r, s));
        calls[1] = abi.encodeCall(vault.repay, (id, 1000e6));
    }

    function permitSignature(uint256 amount) internal view returns (uint8, bytes32, bytes32) {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 permitHash = keccak256(
            abi.encode(typehash, borrower, address(vault), amount, usdc.nonces(borrower), vm.getBlockTimestamp())
        );
        return vm.sign(borrowerKey, keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), permitHash)));
    }
}
