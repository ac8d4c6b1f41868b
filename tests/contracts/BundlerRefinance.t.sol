// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Opening, Refinancing} from "contracts/interfaces/IBundler.sol";
import {Offer, Status} from "contracts/interfaces/ICreditVault.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {BundlerFixture} from "./support/BundlerFixture.sol";
import {FlashLender} from "./support/FlashLender.sol";

/// @notice A line of 20,000 at 10 % becomes one at 5 % of another lender.
contract BundlerRefinanceTest is BundlerFixture {
    uint256 internal oldId;
    address internal bank;
    uint256 internal bankKey;
    FlashLender internal flashLender;

    function setUp() public override {
        super.setUp();
        (bank, bankKey) = makeAddrAndKey("bank");
        fund(bank);
        flashLender = new FlashLender();
        usdc.mint(address(flashLender), 1_000_000e6);
        oldId = openDrawn(20_000e6);
        approve(borrower);
    }

    // ---------------------------------------------------------------- setting up

    function better() internal view returns (Offer memory offer) {
        offer = defaultOffer();
        (offer.lender, offer.aprBps, offer.originationBps) = (bank, 500, 10);
    }

    function opening(uint96 collateral, uint96 drawn) internal view returns (Opening memory) {
        Offer memory offer = better();
        bytes memory signature = signBy(bankKey, vault.offerDigest(offer));
        return Opening(offer, signature, offer.limit, collateral, drawn);
    }

    function fromOwnCash() internal view returns (Refinancing memory) {
        return Refinancing(oldId, opening(MIN_COLLATERAL, 20_000e6), address(0), 0);
    }

    function byFlashLoan(uint256 maxFee) internal view returns (Refinancing memory) {
        return Refinancing(oldId, opening(MIN_COLLATERAL, 20_000e6), address(flashLender), maxFee);
    }

    /// @dev What a borrower who lives on its line has: the new line's origination fee, and no collateral beside the line's.
    function impoverish() internal {
        vm.startPrank(borrower);
        usdc.transfer(stranger, usdc.balanceOf(borrower) - 100e6);
        weth.transfer(stranger, weth.balanceOf(borrower));
        vm.stopPrank();
    }

    function refinance(Refinancing memory refinancing) internal returns (uint256) {
        vm.prank(borrower);
        return bundler.refinance(refinancing);
    }

    function refuse(Refinancing memory refinancing, bytes memory reason) internal {
        bytes32 before = vault.stateHash(oldId);
        vm.expectRevert(reason);
        vm.prank(borrower);
        bundler.refinance(refinancing);
        assertEq(vault.stateHash(oldId), before, "the old line stands");
        assertEq(vault.lineCount(), oldId);
        assertHoldsNothing();
    }

    function refused() internal view returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.FlashLoanRefused.selector, address(flashLender));
    }

    function unexpected() internal view returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.UnexpectedFlashLoan.selector, address(flashLender));
    }

    // ---------------------------------------------------------------- with cash of one's own

    function test_the_old_line_is_closed_and_the_new_one_opened_and_drawn() public {
        uint256 had = usdc.balanceOf(borrower);
        uint256 hadEther = weth.balanceOf(borrower);
        vm.expectEmit(address(bundler));
        emit EventsLib.Refinanced(borrower, oldId, oldId + 1);
        uint256 newId = refinance(fromOwnCash());
        assertEq(newId, oldId + 1);
        assertStatus(oldId, Status.CLOSED);
        assertEq(debtOf(newId), 20_000e6);
        assertEq(vault.terms(newId).aprBps, 500);
        assertEq(vault.borrowerOf(newId), borrower);
        assertEq(nft.ownerOf(newId), bank);
        assertEq(usdc.balanceOf(borrower), had - 100e6, "the origination fee");
        assertEq(weth.balanceOf(borrower), hadEther, "the collateral moved over");
        assertHoldsNothing();
        assertSolvent();
    }

    function test_the_old_lender_has_all_that_was_owed_to_claim() public {
        pass(10 days);
        uint256 debt = debtOf(oldId);
        uint256 undrawn = vault.stored(oldId).undrawn;
        refinance(fromOwnCash());
        assertEq(claimLoan(oldId), debt + undrawn);
    }

    function test_what_the_reserve_pays_is_not_asked_of_the_caller() public {
        depositReserve(oldId, 25_000e6);
        uint256 had = usdc.balanceOf(borrower);
        refinance(fromOwnCash());
        assertEq(usdc.balanceOf(borrower), had + 20_000e6 - 100e6 + 5000e6, "drawn, less the fee, and what was left");
        assertHoldsNothing();
    }

    function test_the_new_line_may_have_more_collateral_and_draw_nothing() public {
        Refinancing memory refinancing = fromOwnCash();
        (refinancing.opening.collateral, refinancing.opening.drawn) = (70e18, 0);
        uint256 newId = refinance(refinancing);
        assertEq(vault.stored(newId).collateral, 70e18);
        assertEq(debtOf(newId), 0);
    }

    function test_signatures_for_permit2_are_allowances_enough() public {
        vm.startPrank(borrower);
        usdc.approve(address(bundler), 0);
        weth.approve(address(bundler), 0);
        vm.stopPrank();
        bytes[] memory calls = new bytes[](3);
        calls[0] = permitCall(usdc, 20_100e6, 0);
        calls[1] = permitCall(weth, uint160(MIN_COLLATERAL), 0);
        calls[2] = abi.encodeCall(bundler.refinance, (fromOwnCash()));
        vm.prank(borrower);
        bundler.multicall(calls);
        assertStatus(oldId, Status.CLOSED);
        assertHoldsNothing();
    }

    function test_somebody_elses_line_is_not_refinanced() public {
        join(stranger);
        approve(stranger);
        Refinancing memory refinancing = fromOwnCash();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, oldId, stranger));
        vm.prank(stranger);
        bundler.refinance(refinancing);
    }

    /// All or nothing: what the new line refuses leaves the old one as it was.
    function test_a_new_line_that_cannot_be_drawn_leaves_the_old_one_open() public {
        Refinancing memory refinancing = fromOwnCash();
        refinancing.opening.drawn = 60_001e6;
        refuse(refinancing, abi.encodeWithSelector(ErrorsLib.BeyondInitialLtv.selector, 60_001e6, 100_000e6, 6000));
        refinancing.opening.signature = sign(refinancing.opening.offer);
        refuse(refinancing, abi.encodeWithSelector(ErrorsLib.BadSignature.selector, bank));
    }

    function test_while_stopped_nothing_is_refinanced() public {
        vm.prank(guardian);
        vault.stop();
        refuse(fromOwnCash(), abi.encodeWithSelector(ErrorsLib.StoppedByGuardian.selector, vault.stoppedUntil()));
    }

    // ---------------------------------------------------------------- with a flash loan

    function test_a_borrower_without_cash_pays_the_old_line_with_the_new_one() public {
        impoverish();
        uint256 newId = refinance(byFlashLoan(0));
        assertStatus(oldId, Status.CLOSED);
        assertEq(debtOf(newId), 20_000e6);
        assertEq(usdc.balanceOf(borrower), 0, "the origination fee took what there was");
        assertEq(weth.balanceOf(borrower), 0);
        assertEq(usdc.balanceOf(address(flashLender)), 1_000_000e6);
        assertEq(usdc.allowance(address(bundler), address(flashLender)), 0);
        assertHoldsNothing();
        assertSolvent();
    }

    function test_the_flash_lender_gets_its_fee_up_to_what_the_borrower_allows() public {
        flashLender.setFee(18e6);
        refuse(byFlashLoan(18e6 - 1), abi.encodeWithSelector(ErrorsLib.FlashFeeTooHigh.selector, 18e6, 18e6 - 1));
        uint256 had = usdc.balanceOf(borrower);
        refinance(byFlashLoan(18e6));
        assertEq(usdc.balanceOf(borrower), had - 100e6 - 18e6);
        assertEq(usdc.balanceOf(address(flashLender)), 1_000_018e6);
        assertHoldsNothing();
    }

    function test_a_line_that_its_reserve_pays_needs_no_flash_loan() public {
        depositReserve(oldId, 20_000e6);
        flashLender.set(FlashLender.Mode.SAYS_NO);
        refinance(byFlashLoan(0));
        assertStatus(oldId, Status.CLOSED);
    }

    function test_two_refinancings_in_one_call_each_have_their_own_loan() public {
        uint256 other = openDrawn(10_000e6);
        Refinancing memory first = byFlashLoan(0);
        Refinancing memory second = byFlashLoan(0);
        (second.oldId, second.opening.drawn) = (other, 10_000e6);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(bundler.refinance, (first));
        calls[1] = abi.encodeCall(bundler.refinance, (second));
        vm.prank(borrower);
        bytes[] memory results = bundler.multicall(calls);
        assertEq(abi.decode(results[0], (uint256)), other + 1);
        assertEq(abi.decode(results[1], (uint256)), other + 2);
        assertStatus(oldId, Status.CLOSED);
        assertStatus(other, Status.CLOSED);
        assertHoldsNothing();
    }

    // ---------------------------------------------------------------- flash lenders are code of somebody else

    function test_a_flash_lender_that_says_no_or_never_calls_back_changes_nothing() public {
        flashLender.set(FlashLender.Mode.SAYS_NO);
        refuse(byFlashLoan(0), refused());
        flashLender.set(FlashLender.Mode.NEVER_CALLS_BACK);
        refuse(byFlashLoan(0), refused());
    }

    function test_a_flash_lender_calls_back_once() public {
        flashLender.set(FlashLender.Mode.CALLS_BACK_TWICE);
        refuse(byFlashLoan(0), unexpected());
    }

    function test_a_flash_lender_that_names_another_amount_or_token_is_refused() public {
        flashLender.set(FlashLender.Mode.ASKS_FOR_ANOTHER_AMOUNT);
        refuse(byFlashLoan(0), unexpected());
        flashLender.askForToken(address(weth));
        refuse(byFlashLoan(0), unexpected());
    }

    /// Whose money it is can't be changed by the lender: here it would be the stranger's.
    function test_a_flash_lender_that_changes_what_was_asked_is_refused() public {
        approve(stranger);
        flashLender.changeDataTo(abi.encode(stranger, byFlashLoan(0)));
        refuse(byFlashLoan(0), unexpected());
    }

    function test_a_flash_lender_that_lends_less_than_it_says_is_refused() public {
        flashLender.set(FlashLender.Mode.LENDS_LESS_THAN_IT_SAYS);
        refuse(
            byFlashLoan(0),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientBalance.selector, address(bundler), 20_000e6 - 1, 20_000e6
            )
        );
    }

    function test_what_a_flash_lender_does_not_take_back_goes_to_the_borrower_and_cannot_be_taken_later() public {
        flashLender.set(FlashLender.Mode.NEVER_TAKES_IT_BACK);
        uint256 had = usdc.balanceOf(borrower);
        refinance(byFlashLoan(0));
        assertEq(usdc.balanceOf(borrower), had + 20_000e6 - 100e6);
        assertEq(usdc.allowance(address(bundler), address(flashLender)), 0);
        assertHoldsNothing();
    }

    function test_a_flash_lender_enters_no_function() public {
        Refinancing memory refinancing = byFlashLoan(0);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(bundler.refinance, (refinancing));
        calls[1] = abi.encodeCall(bundler.close, (oldId));
        calls[2] = abi.encodeCall(bundler.repay, (oldId, 1e6));
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            flashLender.callFirst(address(bundler), calls[i]);
            refinance(refinancing);
            assertFalse(flashLender.entered());
            assertEq(bytes4(flashLender.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            vm.revertToState(snapshot);
        }
    }

    function test_nobody_calls_back_without_having_been_asked() public {
        bytes memory data = abi.encode(borrower, byFlashLoan(0));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.UnexpectedFlashLoan.selector, stranger));
        vm.prank(stranger);
        bundler.onFlashLoan(address(bundler), address(usdc), 20_000e6, 0, data);
        vm.expectRevert(unexpected());
        vm.prank(address(flashLender));
        bundler.onFlashLoan(address(bundler), address(usdc), 20_000e6, 0, data);
    }

    /// Nor in place of the one that was asked.
    function test_only_the_lender_that_was_asked_calls_back() public {
        Refinancing memory refinancing = byFlashLoan(0);
        Impostor impostor = new Impostor();
        bytes memory data = abi.encode(borrower, refinancing);
        bytes memory call_ = abi.encodeCall(bundler.onFlashLoan, (borrower, address(usdc), 20_000e6, 0, data));
        flashLender.callFirst(address(impostor), abi.encodeCall(impostor.call, (address(bundler), call_)));
        refinance(refinancing);
        assertEq(impostor.answer(), abi.encodeWithSelector(ErrorsLib.UnexpectedFlashLoan.selector, address(impostor)));
    }
}

contract Impostor {
    bytes public answer;

    function call(address to, bytes calldata data) external {
        (, answer) = to.call(data);
    }
}
