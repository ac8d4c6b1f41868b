// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Offer, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {From, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {RepayTrigger} from "contracts/trigger/RepayTrigger.sol";

import {HostileToken} from "./support/HostileToken.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// @notice Tokens that the owner should not have listed, and honest ones of all decimals.
contract HostileTokensTest is VaultFixture {
    HostileToken internal token;

    // ---------------------------------------------------------------- setting up

    /// @dev Lists a market in which the hostile token is lent.
    function lendHostile() internal returns (Offer memory offer) {
        token = new HostileToken(6);
        usdc = LocalToken(address(token));
        return listed();
    }

    /// @dev Lists a market in which the hostile token secures.
    function secureWithHostile() internal returns (Offer memory offer) {
        token = new HostileToken(18);
        weth = LocalToken(address(token));
        return listed();
    }

    function listed() internal returns (Offer memory) {
        fund(lender);
        fund(borrower);
        fund(liquidator);
        fund(stranger);
        oracle = deployOracle(oracleConfig());
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        return defaultOffer();
    }

    function refuseOpening(Offer memory offer, bytes memory reason) internal {
        bytes memory signature = sign(offer);
        vm.expectRevert(reason);
        vm.prank(borrower);
        vault.open(offer, signature, offer.limit, borrower);
    }

    function inexact(uint256 expected, uint256 received) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ErrorsLib.InexactTransfer.selector, address(token), expected, received);
    }

    // ---------------------------------------------------------------- what enters is exact

    /// Pitfall 9
    function test_a_fee_on_transfer_is_refused_wherever_money_enters() public {
        Offer memory offer = lendHostile();
        token.set(HostileToken.Mode.FEE_ON_TRANSFER);
        refuseOpening(offer, inexact(LIMIT, LIMIT - LIMIT / 100));
        token.set(HostileToken.Mode.HONEST);
        uint256 id = openDrawn(10_000e6);
        token.set(HostileToken.Mode.FEE_ON_TRANSFER);
        vm.startPrank(borrower);
        vm.expectRevert(inexact(1000e6, 990e6));
        vault.repay(id, 1000e6);
        vm.expectRevert(inexact(1000e6, 990e6));
        vault.depositReserve(id, 1000e6);
        vm.expectRevert(inexact(10_000e6, 9900e6));
        vault.close(id, borrower);
    }

    /// Pitfall 9
    function test_a_fee_on_collateral_is_refused() public {
        Offer memory offer = secureWithHostile();
        token.set(HostileToken.Mode.FEE_ON_TRANSFER);
        refuseOpening(offer, inexact(MIN_COLLATERAL, MIN_COLLATERAL - MIN_COLLATERAL / 100));
        token.set(HostileToken.Mode.HONEST);
        uint256 id = openLine();
        token.set(HostileToken.Mode.FEE_ON_TRANSFER);
        vm.expectRevert(inexact(1e18, 0.99e18));
        vm.prank(borrower);
        vault.deposit(id, 1e18);
    }

    /// Pitfall 9: exact means no more either, or a later balance would not be explained.
    function test_a_token_that_delivers_more_is_refused() public {
        Offer memory offer = lendHostile();
        token.set(HostileToken.Mode.MINTS_ON_TRANSFER);
        refuseOpening(offer, inexact(LIMIT, LIMIT + 1));
    }

    /// Pitfall 9
    function test_a_transfer_that_returns_false_is_noticed_in_and_out() public {
        Offer memory offer = lendHostile();
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        token.set(HostileToken.Mode.RETURNS_FALSE);
        refuseOpening(offer, failed);
        token.set(HostileToken.Mode.HONEST);
        uint256 id = openLine();
        token.set(HostileToken.Mode.RETURNS_FALSE);
        vm.expectRevert(failed);
        draw(id, 1000e6);
    }

    function test_a_token_that_reverts_changes_nothing() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        bytes32 before = vault.stateHash(id);
        token.set(HostileToken.Mode.REVERTS);
        vm.expectRevert(bytes("no"));
        repay(id, 1000e6);
        assertEq(vault.stateHash(id), before);
    }

    function test_a_token_that_returns_nothing_works() public {
        lendHostile();
        token.set(HostileToken.Mode.RETURNS_NOTHING);
        uint256 id = openDrawn(10_000e6);
        repay(id, 1000e6);
        close(id);
        claimLoan(id);
        assertSolvent();
    }

    // ---------------------------------------------------------------- re-entering

    /// Pitfall 7: from within any transfer, no action of the vault can be entered.
    function test_no_action_is_entered_from_within_a_transfer() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        depositReserve(id, 1000e6);
        bytes[] memory actions = new bytes[](13);
        actions[0] = abi.encodeCall(vault.repay, (id, 1e6));
        actions[1] = abi.encodeCall(vault.draw, (id, 1e6, borrower));
        actions[2] = abi.encodeCall(vault.deposit, (id, 1));
        actions[3] = abi.encodeCall(vault.withdraw, (id, 1, borrower));
        actions[4] = abi.encodeCall(vault.depositReserve, (id, 1));
        actions[5] = abi.encodeCall(vault.withdrawReserve, (id, 1, borrower));
        actions[6] = abi.encodeCall(vault.close, (id, borrower));
        actions[7] = abi.encodeCall(vault.terminate, (id));
        actions[8] = abi.encodeCall(vault.liquidate, (id, 1, 0, borrower));
        actions[9] = abi.encodeCall(vault.claim, (id, address(usdc), borrower));
        actions[10] = abi.encodeCall(vault.repayFromReserve, (id, repaymentOf(1, 1, 0)));
        actions[11] = abi.encodeCall(vault.repayInKind, (id, repaymentOf(1, 1, 0)));
        actions[12] = abi.encodeCall(vault.open, (defaultOffer(), "", MIN_DEBT, borrower));
        for (uint256 i = 0; i < actions.length; ++i) {
            token.reenterWith(address(vault), actions[i]);
            repay(id, 1e6);
            assertFalse(token.reentered());
            assertEq(
                bytes4(token.reentryReason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "guard"
            );
        }
        assertSolvent();
    }

    /// Pitfall 7: nor through a multicall.
    function test_a_multicall_does_not_open_the_guard() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(vault.repay, (id, 1e6));
        token.reenterWith(address(vault), abi.encodeCall(vault.multicall, (calls)));
        repay(id, 1e6);
        assertEq(bytes4(token.reentryReason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    /// Pitfall 7: nor can a firing, while the wallet's tokens are on their way through the trigger.
    function test_no_firing_is_entered_from_within_a_top_up() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        RepayTrigger trigger = RepayTrigger(deployCode("RepayTrigger.sol", abi.encode(vault)));
        vm.startPrank(borrower);
        vault.setOperator(address(trigger), true);
        token.approve(address(trigger), type(uint256).max);
        vm.stopPrank();
        Mandate memory mandate;
        (mandate.lineId, mandate.source, mandate.periodHours) = (id, From.TOP_UP, 24);
        (mandate.capPerPeriod, mandate.expiry) = (1000e6, type(uint40).max);
        trigger.register(mandate, signBy(borrowerKey, trigger.mandateDigest(mandate)));
        pass(PERIOD);
        Mandate[] memory batch = new Mandate[](1);
        batch[0] = mandate;
        bytes[3] memory entries = [
            abi.encodeCall(trigger.fire, (mandate, keeper)),
            abi.encodeCall(trigger.performUpkeep, (abi.encode(batch))),
            abi.encodeCall(trigger.checkUpkeep, (abi.encode(batch)))
        ];
        for (uint256 i = 0; i < entries.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            token.reenterWith(address(trigger), entries[i]);
            trigger.fire(mandate, keeper);
            assertFalse(token.reentered());
            assertEq(
                bytes4(token.reentryReason()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "guard"
            );
            vm.revertToState(snapshot);
        }
    }

    /// Pitfall 7: whoever looks from within a transfer sees the state as it is after the action.
    function test_a_view_from_within_a_transfer_sees_the_new_state() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        token.reenterWith(address(vault), abi.encodeCall(vault.stored, (id)));
        repay(id, 1000e6);
        assertTrue(token.reentered());
        assertEq(abi.decode(token.reentryReason(), (StoredState)).principal, 9000e6);
    }

    // ---------------------------------------------------------------- who is refused

    /// Pitfall 8: a blacklisted lender stops neither repayment nor liquidation nor close, and its claim waits.
    function test_a_blacklisted_lender_stops_nobody() public {
        lendHostile();
        uint256 id = openDrawn(20_000e6);
        token.blacklist(lender);
        pass(1 days);
        repay(id, 1000e6);
        setPrice(450e8);
        liquidate(id, 1000e6);
        close(id);
        vm.expectRevert(abi.encodeWithSelector(HostileToken.Blacklisted.selector, lender));
        claimLoan(id);
        vm.prank(lender);
        vault.claim(id, address(usdc), stranger);
        assertSolvent();
    }

    /// Pitfall 8: a blacklisted borrower stops no liquidation, and may have its own sent elsewhere.
    function test_a_blacklisted_borrower_stops_nobody() public {
        lendHostile();
        uint256 id = openDrawn(20_000e6);
        depositReserve(id, 100e6);
        token.blacklist(borrower);
        setPrice(450e8);
        liquidate(id, type(uint96).max);
        vm.prank(stranger);
        vault.repay(id, type(uint96).max);
        vm.prank(borrower);
        vault.close(id, stranger);
        assertSolvent();
    }

    // ---------------------------------------------------------------- honest tokens of any decimals

    /// Pitfall 14
    function testFuzz_tokens_of_any_decimals_draw_to_the_same_ltv(uint8 loanDecimals, uint8 collateralDecimals) public {
        assertDrawsToTheLtv(uint8(bound(loanDecimals, 0, 18)), uint8(bound(collateralDecimals, 0, 18)));
    }

    /// Pitfall 14
    function test_tokens_of_0_6_8_and_18_decimals_draw_to_the_same_ltv() public {
        uint8[4] memory decimals = [0, 6, 8, 18];
        for (uint256 i = 0; i < 16; ++i) {
            uint256 snapshot = vm.snapshotState();
            assertDrawsToTheLtv(decimals[i / 4], decimals[i % 4]);
            vm.revertToState(snapshot);
        }
    }

    /// @dev 50 of a collateral worth 2,000 each carry 60,000 at 60 %, and not a base unit more.
    function assertDrawsToTheLtv(uint8 loanDecimals, uint8 collateralDecimals) internal {
        usdc = new LocalToken("Loan", "L", loanDecimals);
        weth = new LocalToken("Collateral", "C", collateralDecimals);
        uint256 oneLoan = 10 ** uint256(loanDecimals);
        uint256 oneCollateral = 10 ** uint256(collateralDecimals);
        OracleConfig memory config = oracleConfig();
        (config.minPriceE36, config.maxPriceE36) = (1, type(uint256).max);
        oracle = deployOracle(config);
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), uint96(oneLoan));
        usdc.mint(lender, 1e6 * oneLoan);
        usdc.mint(borrower, 1e6 * oneLoan);
        weth.mint(borrower, 1e6 * oneCollateral);
        vm.prank(lender);
        usdc.approve(address(vault), type(uint256).max);
        vm.startPrank(borrower);
        usdc.approve(address(vault), type(uint256).max);
        weth.approve(address(vault), type(uint256).max);
        vm.stopPrank();

        Offer memory offer = defaultOffer();
        (offer.limit, offer.groupCap) = (uint96(100_000 * oneLoan), uint96(100_000 * oneLoan));
        offer.minCollateral = uint96(50 * oneCollateral);
        uint256 id = openWith(offer);
        uint256 most = 60_000 * oneLoan;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BeyondInitialLtv.selector, most + 1, 100_000 * oneLoan, 6000));
        draw(id, uint96(most + 1));
        draw(id, uint96(most));
        setPrice(1400e8);
        vm.prank(borrower);
        (uint96 repaid,) = vault.liquidate(id, type(uint96).max, 0, borrower);
        assertGt(repaid, 0);
        close(id);
        assertSolvent();
    }

    /// Pitfall 6: ether can't get stuck, since it can't get in.
    function test_ether_is_refused() public {
        uint256 id = openDrawn(10_000e6);
        vm.deal(borrower, 3 ether);
        vm.startPrank(borrower);
        (bool received,) = address(vault).call{value: 1 ether}("");
        assertFalse(received);
        (received,) = address(vault).call{value: 1 ether}(abi.encodeCall(vault.repay, (id, 1000e6)));
        assertFalse(received);
        (received,) = address(vault).call{value: 1 ether}(abi.encodeCall(vault.multicall, (new bytes[](0))));
        assertFalse(received);
    }

    /// What a token adds to the vault's balance by itself belongs to no line, and stands in nobody's way.
    function test_a_balance_that_grew_by_itself_changes_no_line() public {
        lendHostile();
        uint256 id = openDrawn(10_000e6);
        bytes32 before = vault.stateHash(id);
        token.mint(address(vault), 1000e6);
        assertEq(vault.stateHash(id), before);
        close(id);
        assertEq(claimLoan(id), LIMIT);
        assertEq(token.balanceOf(address(vault)), 1000e6);
    }

    /// A rebasing token must not be listed; where one was, the loss stays with its market's lines.
    function test_a_balance_that_shrank_by_itself_fails_the_last_to_leave_and_no_other_market() public {
        uint256 honest = openLine();
        lendHostile();
        Offer memory offer = defaultOffer();
        uint256 id = openWith(offer);
        token.burnFrom(address(vault), 1);
        close(id);
        vm.expectRevert();
        claimLoan(id);
        vm.prank(borrower);
        vault.close(honest, borrower);
    }
}
