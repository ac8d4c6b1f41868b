// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Opening} from "contracts/interfaces/IBundler.sol";
import {ICreditVault, Offer, Status} from "contracts/interfaces/ICreditVault.sol";
import {IPermit2, PermitSingle} from "contracts/interfaces/IPermit2.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {Bundler} from "contracts/periphery/Bundler.sol";

import {BundlerFixture} from "./support/BundlerFixture.sol";
import {HostileToken} from "./support/HostileToken.sol";

contract BundlerTest is BundlerFixture {
    /// @dev Permit2's own. An allowance that was never given expired at zero.
    error AllowanceExpired(uint256 deadline);

    function open(uint96 collateral, uint96 drawn) internal returns (uint256) {
        Opening memory opening = openingOf(defaultOffer(), collateral, drawn);
        vm.prank(borrower);
        return bundler.open(opening);
    }

    function both(bytes memory first, bytes memory second) internal pure returns (bytes[] memory calls) {
        calls = new bytes[](2);
        (calls[0], calls[1]) = (first, second);
    }

    // ---------------------------------------------------------------- EIP-2612

    function signature2612(uint256 amount) internal view returns (uint8, bytes32, bytes32) {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash = keccak256(
            abi.encode(typehash, borrower, address(bundler), amount, usdc.nonces(borrower), vm.getBlockTimestamp())
        );
        return vm.sign(borrowerKey, keccak256(abi.encodePacked(hex"1901", usdc.DOMAIN_SEPARATOR(), hash)));
    }

    function permitCall2612(uint256 amount) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = signature2612(amount);
        return abi.encodeCall(bundler.permit, (address(usdc), amount, vm.getBlockTimestamp(), v, r, s));
    }

    function test_a_permit_and_a_repayment_are_one_call() public {
        uint256 id = openDrawn(20_000e6);
        bytes[] memory calls = both(permitCall2612(1000e6), abi.encodeCall(bundler.repay, (id, 1000e6)));
        vm.prank(borrower);
        bytes[] memory results = bundler.multicall(calls);
        assertEq(abi.decode(results[1], (uint96)), 1000e6);
        assertEq(debtOf(id), 19_000e6);
        assertEq(usdc.allowance(borrower, address(bundler)), 0);
        assertHoldsNothing();
    }

    /// Somebody who sees a permit can use it first. That must not make the call that it was for fail.
    function test_a_permit_that_was_used_already_is_passed_over() public {
        uint256 id = openDrawn(20_000e6);
        bytes memory call_ = permitCall2612(1000e6);
        (uint8 v, bytes32 r, bytes32 s) = signature2612(1000e6);
        vm.prank(stranger);
        usdc.permit(borrower, address(bundler), 1000e6, vm.getBlockTimestamp(), v, r, s);
        vm.prank(borrower);
        bundler.multicall(both(call_, abi.encodeCall(bundler.repay, (id, 1000e6))));
        assertEq(debtOf(id), 19_000e6);
    }

    function test_a_permit_of_somebody_else_gives_the_caller_nothing() public {
        uint256 id = openDrawn(20_000e6);
        bytes memory call_ = permitCall2612(1000e6);
        uint256 had = usdc.balanceOf(borrower);
        vm.expectRevert(abi.encodeWithSelector(AllowanceExpired.selector, 0));
        vm.prank(stranger);
        bundler.multicall(both(call_, abi.encodeCall(bundler.repay, (id, 1000e6))));
        vm.prank(stranger);
        (bool passed,) = address(bundler).call(call_);
        assertTrue(passed);
        assertEq(usdc.allowance(borrower, address(bundler)), 0);
        assertEq(usdc.balanceOf(borrower), had);
    }

    // ---------------------------------------------------------------- Permit2

    function test_a_signature_for_permit2_and_a_repayment_are_one_call() public {
        uint256 id = openDrawn(20_000e6);
        uint256 had = usdc.balanceOf(borrower);
        bytes[] memory calls = both(permitCall(usdc, 1000e6, 0), abi.encodeCall(bundler.repay, (id, 1000e6)));
        vm.prank(borrower);
        bundler.multicall(calls);
        assertEq(debtOf(id), 19_000e6);
        assertEq(usdc.balanceOf(borrower), had - 1000e6);
        assertEq(usdc.allowance(borrower, address(bundler)), 0, "none of the token's own");
        assertHoldsNothing();
    }

    function test_a_signature_for_permit2_that_was_used_already_is_passed_over() public {
        uint256 id = openDrawn(20_000e6);
        PermitSingle memory single = permitOf(usdc, 1000e6, 0);
        bytes memory signature = signPermit(borrowerKey, single);
        vm.prank(stranger);
        permit2.permit(borrower, single, signature);
        bytes[] memory calls = both(
            abi.encodeCall(bundler.permitThroughPermit2, (single, signature)),
            abi.encodeCall(bundler.repay, (id, 1000e6))
        );
        vm.prank(borrower);
        bundler.multicall(calls);
        assertEq(debtOf(id), 19_000e6);
    }

    function test_a_signature_of_somebody_else_for_permit2_gives_the_caller_nothing() public {
        uint256 id = openDrawn(20_000e6);
        bytes[] memory calls = both(permitCall(usdc, 1000e6, 0), abi.encodeCall(bundler.repay, (id, 1000e6)));
        vm.expectRevert(abi.encodeWithSelector(AllowanceExpired.selector, 0));
        vm.prank(stranger);
        bundler.multicall(calls);
    }

    /// Nor does an allowance that the borrower has given already.
    function test_an_allowance_of_somebody_else_is_never_used() public {
        uint256 id = openDrawn(20_000e6);
        approve(borrower);
        vm.prank(borrower);
        (bool given,) = address(bundler).call(permitCall(usdc, type(uint160).max, 0));
        assertTrue(given);
        uint256 had = usdc.balanceOf(borrower);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(AllowanceExpired.selector, 0));
        bundler.repay(id, 1000e6);
        usdc.approve(address(bundler), 1000e6);
        bundler.repay(id, 1000e6);
        assertEq(usdc.balanceOf(borrower), had, "the stranger paid");
    }

    function test_a_signature_that_names_another_spender_is_refused() public {
        PermitSingle memory single = permitOf(usdc, 1000e6, 0);
        single.spender = stranger;
        bytes memory signature = signPermit(borrowerKey, single);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotTheSpender.selector, stranger));
        vm.prank(borrower);
        bundler.permitThroughPermit2(single, signature);
    }

    function test_an_allowance_that_expired_says_so() public {
        uint256 id = openDrawn(20_000e6);
        vm.startPrank(borrower);
        (bool given,) = address(bundler).call(permitCall(usdc, 1000e6, 0));
        assertTrue(given);
        skip(1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(AllowanceExpired.selector, START + 1 hours));
        bundler.repay(id, 1000e6);
    }

    function test_the_tokens_own_allowance_comes_first_if_it_is_enough() public {
        uint256 id = openDrawn(20_000e6);
        vm.startPrank(borrower);
        (bool given,) = address(bundler).call(permitCall(usdc, 1000e6, 0));
        assertTrue(given);
        usdc.approve(address(bundler), 999e6);
        bundler.repay(id, 1000e6);
        assertEq(usdc.allowance(borrower, address(bundler)), 999e6, "through Permit2");
        bundler.repay(id, 999e6);
        assertEq(usdc.allowance(borrower, address(bundler)), 0, "by the token's own");
    }

    function test_where_there_is_no_permit2_the_tokens_allowance_is_all_there_is() public {
        uint256 id = openDrawn(20_000e6);
        PermitSingle memory single = permitOf(usdc, 1000e6, 0);
        bytes memory signature = signPermit(borrowerKey, single);
        vm.etch(address(permit2), "");
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NoPermit2.selector, address(permit2)));
        bundler.permitThroughPermit2(single, signature);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(bundler), 0, 1000e6)
        );
        bundler.repay(id, 1000e6);
        usdc.approve(address(bundler), 1000e6);
        bundler.repay(id, 1000e6);
        assertEq(debtOf(id), 19_000e6);
    }

    // ---------------------------------------------------------------- opening

    function test_opening_depositing_and_drawing_are_one_call() public {
        approve(borrower);
        uint256 had = usdc.balanceOf(borrower);
        uint256 hadEther = weth.balanceOf(borrower);
        uint256 id = open(60e18, 30_000e6);
        assertEq(vault.borrowerOf(id), borrower);
        assertEq(nft.ownerOf(id), lender);
        assertEq(vault.stored(id).collateral, 60e18);
        assertEq(vault.stored(id).principal, 30_000e6);
        assertEq(usdc.balanceOf(borrower), had + 30_000e6 - 500e6, "drawn, less the fee");
        assertEq(weth.balanceOf(borrower), hadEther - 60e18);
        assertHoldsNothing();
        assertSolvent();
    }

    function test_a_line_may_be_opened_with_what_the_offer_asks_for_and_nothing_drawn() public {
        approve(borrower);
        uint256 id = open(MIN_COLLATERAL, 0);
        assertEq(vault.stored(id).collateral, MIN_COLLATERAL);
        assertEq(vault.stored(id).principal, 0);
        assertEq(vault.stored(id).seq, 1);
        assertHoldsNothing();
    }

    function test_an_offer_without_fee_and_collateral_takes_nothing() public {
        Offer memory offer = defaultOffer();
        (offer.originationBps, offer.minCollateral) = (0, 0);
        Opening memory opening = openingOf(offer, 0, 0);
        vm.prank(borrower);
        bundler.open(opening);
        assertEq(vault.stored(1).undrawn, LIMIT);
    }

    function testFuzz_a_fill_of_any_size_takes_exactly_what_it_needs(uint96 amount, uint96 collateral) public {
        approve(borrower);
        amount = uint96(bound(amount, MIN_DEBT, LIMIT));
        uint96 asked = uint96((uint256(MIN_COLLATERAL) * amount + LIMIT - 1) / LIMIT);
        collateral = uint96(bound(collateral, asked, 1000e18));
        Opening memory opening = openingOf(defaultOffer(), collateral, 0);
        opening.amount = amount;
        uint256 had = usdc.balanceOf(borrower);
        vm.prank(borrower);
        uint256 id = bundler.open(opening);
        assertEq(vault.stored(id).collateral, collateral);
        assertEq(had - usdc.balanceOf(borrower), (uint256(amount) * 50 + 9999) / 10_000);
        assertHoldsNothing();
    }

    function test_less_collateral_than_the_offer_asks_for_is_refused() public {
        approve(borrower);
        Opening memory opening = openingOf(defaultOffer(), MIN_COLLATERAL - 1, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.TooLittleCollateral.selector, MIN_COLLATERAL - 1, MIN_COLLATERAL)
        );
        vm.prank(borrower);
        bundler.open(opening);
    }

    function test_who_has_not_made_it_an_operator_opens_nothing_through_it() public {
        vm.prank(borrower);
        vault.setOperator(address(bundler), false);
        approve(borrower);
        Opening memory opening = openingOf(defaultOffer(), MIN_COLLATERAL, 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotOperator.selector, borrower, address(bundler)));
        vm.prank(borrower);
        bundler.open(opening);
    }

    /// An offer to the borrower opens a line of the borrower's, whoever brings it.
    function test_an_offer_to_another_opens_nothing_for_the_caller() public {
        join(stranger);
        approve(stranger);
        Offer memory offer = defaultOffer();
        offer.borrower = borrower;
        Opening memory opening = openingOf(offer, MIN_COLLATERAL, 0);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferForAnother.selector, borrower, stranger));
        vm.prank(stranger);
        bundler.open(opening);
    }

    // ---------------------------------------------------------------- paying in

    function test_anyone_deposits_collateral_and_reserve_of_its_own() public {
        uint256 id = openLine();
        approve(stranger);
        vm.startPrank(stranger);
        bundler.deposit(id, 3e18);
        bundler.depositReserve(id, 700e6);
        assertEq(vault.stored(id).collateral, MIN_COLLATERAL + 3e18);
        assertEq(vault.stored(id).reserve, 700e6);
        assertHoldsNothing();
    }

    function test_a_deposit_of_nothing_is_refused_by_the_vault() public {
        uint256 id = openLine();
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ZeroAmount.selector));
        bundler.deposit(id, 0);
    }

    function test_a_repayment_takes_at_most_the_debt() public {
        uint256 id = openDrawn(20_000e6);
        approve(borrower);
        pass(10 days);
        uint256 debt = debtOf(id);
        uint256 had = usdc.balanceOf(borrower);
        vm.prank(borrower);
        assertEq(bundler.repay(id, type(uint96).max), debt);
        assertEq(usdc.balanceOf(borrower), had - debt);
        assertEq(debtOf(id), 0);
        assertHoldsNothing();
    }

    function test_a_repayment_of_nothing_owed_is_refused_by_the_vault() public {
        uint256 id = openLine();
        approve(borrower);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        vm.prank(borrower);
        bundler.repay(id, 1);
    }

    // ---------------------------------------------------------------- closing

    function test_closing_takes_the_debt_less_the_reserve_and_returns_everything_to_the_caller() public {
        uint256 id = openDrawn(20_000e6);
        depositReserve(id, 5000e6);
        approve(borrower);
        uint256 had = usdc.balanceOf(borrower);
        uint256 hadEther = weth.balanceOf(borrower);
        vm.prank(borrower);
        assertEq(bundler.close(id), 15_000e6);
        assertEq(usdc.balanceOf(borrower), had - 15_000e6);
        assertEq(weth.balanceOf(borrower), hadEther + MIN_COLLATERAL);
        assertStatus(id, Status.CLOSED);
        assertHoldsNothing();
    }

    function test_closing_a_line_that_its_reserve_pays_takes_nothing() public {
        uint256 id = openDrawn(1000e6);
        depositReserve(id, 5000e6);
        vm.prank(borrower);
        assertEq(bundler.close(id), 0);
        assertStatus(id, Status.CLOSED);
    }

    /// It is an operator of many. What it may do for one, it does for nobody else.
    function test_somebody_elses_line_is_not_closed() public {
        uint256 id = openDrawn(1000e6);
        approve(borrower);
        approve(stranger);
        join(stranger);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        bundler.close(id);
    }

    function test_a_line_that_does_not_exist_is_refused() public {
        bytes memory reason = abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 9);
        vm.startPrank(borrower);
        vm.expectRevert(reason);
        bundler.close(9);
        vm.expectRevert(reason);
        bundler.repay(9, 1);
        vm.expectRevert(reason);
        bundler.deposit(9, 1);
        vm.expectRevert(reason);
        bundler.depositReserve(9, 1);
    }

    // ---------------------------------------------------------------- what it holds

    function test_what_somebody_sent_here_by_mistake_goes_to_the_next_caller() public {
        uint256 id = openDrawn(20_000e6);
        approve(borrower);
        usdc.mint(address(bundler), 7e6);
        uint256 had = usdc.balanceOf(borrower);
        vm.prank(borrower);
        bundler.repay(id, 1000e6);
        assertEq(usdc.balanceOf(borrower), had - 1000e6 + 7e6);
        assertEq(debtOf(id), 19_000e6);
        assertHoldsNothing();
    }

    function test_a_multicall_does_all_or_nothing() public {
        uint256 id = openDrawn(20_000e6);
        approve(borrower);
        bytes[] memory calls = both(abi.encodeCall(bundler.repay, (id, 1000e6)), abi.encodeCall(bundler.close, (77)));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 77));
        vm.prank(borrower);
        bundler.multicall(calls);
        assertEq(debtOf(id), 20_000e6);
    }

    function test_ether_is_refused() public {
        vm.deal(borrower, 1 ether);
        vm.startPrank(borrower);
        (bool received,) = address(bundler).call{value: 1 ether}("");
        assertFalse(received);
        (received,) = address(bundler).call{value: 1 ether}(abi.encodeCall(bundler.multicall, (new bytes[](0))));
        assertFalse(received);
    }

    /// @dev A line of which 10,000 of a hostile token are drawn.
    function owing() internal returns (HostileToken token, uint256 id) {
        token = new HostileToken(6);
        usdc = LocalToken(address(token));
        oracle = deployOracle(oracleConfig());
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        fund(lender);
        fund(borrower);
        approve(borrower);
        id = open(MIN_COLLATERAL, 10_000e6);
    }

    /// Pitfall 7: from within a transfer, nothing of it is entered.
    function test_no_function_is_entered_from_within_a_transfer() public {
        (HostileToken token, uint256 id) = owing();
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(bundler.repay, (id, 1e6));
        calls[1] = abi.encodeCall(bundler.close, (id));
        calls[2] = abi.encodeCall(bundler.deposit, (id, 1));
        calls[3] = abi.encodeCall(bundler.depositReserve, (id, 1));
        calls[4] = abi.encodeCall(bundler.open, (openingOf(defaultOffer(), MIN_COLLATERAL, 0)));
        calls[5] = abi.encodeCall(bundler.permit, (address(usdc), 1, vm.getBlockTimestamp(), 27, 0, 0));
        calls[6] = permitCall(weth, 1, 0);
        calls[7] = abi.encodeCall(bundler.multicall, (both(calls[0], calls[1])));
        calls[8] = abi.encodeCall(bundler.refinance, (refinancingOf(id, openingOf(defaultOffer(), MIN_COLLATERAL, 0))));
        for (uint256 i = 0; i < calls.length; ++i) {
            token.reenterWith(address(bundler), calls[i]);
            vm.prank(borrower);
            bundler.repay(id, 1e6);
            assertFalse(token.reentered());
            assertEq(
                bytes4(token.reentryReason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "guard"
            );
        }
        assertHoldsNothing();
    }

    /// Of the 1,000 that leave the borrower 990 arrive here, and cannot be 1,000 for the vault.
    function test_a_token_that_takes_a_fee_is_refused() public {
        (HostileToken token, uint256 id) = owing();
        token.set(HostileToken.Mode.FEE_ON_TRANSFER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(bundler), 980e6, 990e6)
        );
        vm.prank(borrower);
        bundler.repay(id, 1000e6);
    }

    // ---------------------------------------------------------------- deployment

    function test_it_knows_its_vault_and_permit2() public {
        assertEq(address(bundler.vault()), address(vault));
        assertEq(address(bundler.permit2()), address(permit2));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.ZeroAddress.selector));
        new Bundler(ICreditVault(address(0)), IPermit2(address(permit2)));
    }
}
