// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer, Source, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {TwoPrices} from "./support/TwoPrices.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// @notice 50 ether secure 60,000 dollars; in kind above 70 % (below 1,714.29 dollars for one), discount 2 %.
contract InKindTest is VaultFixture {
    uint256 internal constant KEPT = 9800;

    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = openDrawn(60_000e6);
    }

    function pay(uint96 maxPaid, uint96 maxSpent, uint16 feeBps)
        internal
        returns (uint96 paid, uint96 seized, uint96 fee)
    {
        vm.prank(borrower);
        (, paid, seized, fee) = vault.repayInKind(id, repaymentOf(maxPaid, maxSpent, feeBps));
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return (a + b - 1) / b;
    }

    // ---------------------------------------------------------------- when

    /// @custom:rule in-kind-needs-a-reason
    function test_below_the_in_kind_ltv_and_without_a_bill_it_is_refused() public {
        setPrice(1800e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InKindNotNeeded.selector, 60_000e6, 90_000e6, 7000));
        pay(1000e6, 50e18, 0);
    }

    function testFuzz_above_the_in_kind_ltv_it_restores_the_initial_ltv(int256 price) public {
        price = bound(price, 1510e8, 1714e8);
        setPrice(price);
        (uint96 paid, uint96 seized,) = pay(type(uint96).max, 50e18, 0);
        uint256 value = uint256(MIN_COLLATERAL - seized) * oracle.measuringPrice() / 1e36;
        assertLe(debtOf(id) * 1e4, 6000 * value + 2e4);
        assertGt((debtOf(id) + 2) * 1e4, 6000 * value, "and no more than needed");
        assertEq(seized, ceilDiv(uint256(paid) * 1e4 * 1e36, oracle.measuringPrice() * KEPT), "at the discount, up");
        assertSolvent();
    }

    function test_with_an_unpaid_bill_it_pays_at_most_what_is_due() public {
        pass(PERIOD);
        uint256 due = dueOf(id);
        (uint96 paid,,) = pay(type(uint96).max, 50e18, 0);
        assertEq(paid, due);
        assertStatus(id, Status.CURRENT);
        vm.expectRevert();
        pay(1e6, 50e18, 0);
    }

    function test_a_bill_and_a_high_ltv_allow_the_larger_of_the_two() public {
        pass(PERIOD);
        setPrice(1600e8);
        uint256 due = dueOf(id);
        (uint96 paid,,) = pay(type(uint96).max, 50e18, 0);
        assertGt(paid, due);
    }

    /// @custom:rule in-kind-is-off-at-zero
    function test_a_discount_of_zero_means_off() public {
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.inKindDiscountBps = 0;
        id = openWith(offer);
        draw(id, 60_000e6);
        setPrice(1600e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InKindRefused.selector, 0, 0));
        pay(1000e6, 50e18, 0);
    }

    function test_the_smallest_discount_is_one() public {
        Offer memory offer = defaultOffer();
        (offer.inKindDiscountBps, offer.group) = (1, 2);
        id = openWith(offer);
        draw(id, 60_000e6);
        setPrice(1600e8);
        (uint96 paid,,) = pay(1000e6, 50e18, 0);
        assertEq(paid, 1000e6);
    }

    /// Pitfall 1: every price check must pass.
    /// @custom:rule in-kind-takes-every-check
    function test_it_needs_a_price_that_passes_every_check() public {
        setPrice(5e8);
        vm.expectRevert(
            abi.encodeWithSelector(
                ErrorsLib.PriceUnavailable.selector, IOracleAdapter.Reason.OUT_OF_BOUNDS, address(feed)
            )
        );
        pay(1000e6, 50e18, 0);
    }

    function test_only_the_borrower_and_its_operator() public {
        setPrice(1600e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NotBorrower.selector, id, stranger));
        vm.prank(stranger);
        vault.repayInKind(id, repaymentOf(1000e6, 50e18, 0));
    }

    function test_without_debt_it_is_refused() public {
        repay(id, type(uint96).max);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        pay(1, 1, 0);
    }

    function test_a_budget_that_buys_nothing_is_refused() public {
        setPrice(1600e8);
        vm.expectRevert(ErrorsLib.ZeroAmount.selector);
        pay(1000e6, 1, 0);
    }

    // ---------------------------------------------------------------- what is needed

    function test_a_bill_in_kind_is_what_is_due_and_without_one_nothing_is() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        vm.prank(borrower);
        vault.repayInKind(id, billOf());
        pass(PERIOD);
        uint256 due = dueOf(id);
        vm.prank(borrower);
        (uint96 needed, uint96 paid,,) = vault.repayInKind(id, billOf());
        assertEq(needed, due);
        assertEq(paid, due);
    }

    /// In kind an excess takes more than in cash: the collateral shrinks with the debt.
    function test_an_excess_in_kind_restores_the_initial_ltv_above_its_threshold() public {
        setPrice(1600e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NothingDue.selector, id));
        vm.prank(borrower);
        vault.repayInKind(id, excessOf(7500));
        vm.prank(borrower);
        uint256 inCash = vault.neededOf(id, excessOf(7400));
        vm.prank(borrower);
        (uint96 needed, uint96 paid, uint96 seized,) = vault.repayInKind(id, excessOf(7400));
        assertEq(inCash, 60_000e6 - 48_000e6);
        assertEq(needed, ceilDiv(12_000e6 * 98, 98 - 60));
        assertEq(paid, needed);
        uint256 value = uint256(MIN_COLLATERAL - seized) * oracle.measuringPrice() / 1e36;
        assertLe(debtOf(id) * 1e4, 6000 * value + 2e4);
    }

    // ---------------------------------------------------------------- where it goes

    /// @custom:rule in-kind-goes-to-the-claim
    function test_collateral_moves_to_the_claim_and_nothing_back_to_undrawn() public {
        setPrice(1600e8);
        vm.expectEmit(address(vault));
        emit EventsLib.Repaid(id, borrower, Source.COLLATERAL, 0, 1000e6);
        vm.expectEmit(address(vault));
        emit EventsLib.SeizedInKind(id, uint96(ceilDiv(1000e6 * 1e4 * 1e36, 1.6e27 * KEPT)), 1.6e27);
        (, uint96 seized,) = pay(1000e6, 50e18, 0);
        StoredState memory state = vault.stored(id);
        assertEq(state.claimCollateral, seized);
        assertEq(state.collateral, MIN_COLLATERAL - seized);
        assertEq(state.undrawn, LIMIT - 60_000e6);
        assertEq(state.claimLoan, 0);
        assertEq(state.principal, 59_000e6);
        vm.prank(lender);
        assertEq(vault.claim(id, address(weth), lender), seized);
        assertSolvent();
    }

    function test_payments_in_kind_add_up_in_the_claim() public {
        setPrice(1600e8);
        (, uint96 first,) = pay(1000e6, 50e18, 0);
        (, uint96 second,) = pay(500e6, 50e18, 0);
        assertEq(vault.stored(id).claimCollateral, first + second);
        assertSolvent();
    }

    function test_the_least_that_can_be_paid_in_kind_is_one_unit() public {
        setPrice(1600e8);
        (uint96 paid,,) = pay(1, 50e18, 0);
        assertEq(paid, 1);
    }

    function test_the_keeper_is_announced_with_the_collateral_it_got() public {
        setPrice(1600e8);
        vm.expectEmit(address(vault));
        emit EventsLib.KeeperPaid(id, keeper, address(weth), 0.00625e18);
        (,, uint96 fee) = pay(1000e6, 50e18, 100);
        assertEq(fee, 0.00625e18, "ten dollars at 1,600");
    }

    function test_a_bill_of_one_unit_is_reason_enough() public {
        pass(PERIOD);
        repay(id, uint96(dueOf(id) - 1));
        assertEq(dueOf(id), 1);
        (uint96 paid,,) = pay(type(uint96).max, 50e18, 0);
        assertEq(paid, 1);
        assertStatus(id, Status.CURRENT);
    }

    function test_without_a_fee_no_keeper_is_announced() public {
        setPrice(1600e8);
        vm.recordLogs();
        pay(1000e6, 50e18, 0);
        assertEq(recordedCount(EventsLib.KeeperPaid.selector), 0);
    }

    /// Pitfall 16: seizure and fee together stay within the budget, and the fee within its cap.
    function testFuzz_seizure_and_fee_stay_within_the_budget(uint96 maxPaid, uint96 maxSpent, uint16 feeBps) public {
        setPrice(1550e8);
        maxPaid = uint96(bound(maxPaid, 1e6, type(uint96).max));
        maxSpent = uint96(bound(maxSpent, 1e15, MIN_COLLATERAL * 2));
        feeBps = uint16(bound(feeBps, 0, 100));
        (uint96 paid, uint96 seized, uint96 fee) = pay(maxPaid, maxSpent, feeBps);
        assertLe(paid, maxPaid);
        assertLe(uint256(seized) + fee, maxSpent);
        assertEq(fee, uint256(paid) * feeBps / 1e4 * 1e36 / 1.55e27, "in loan value, at the risk price, down");
        assertEq(weth.balanceOf(keeper), fee);
        assertSolvent();
    }

    /// @custom:rule keeper-fee-is-bounded
    function test_a_fee_beyond_the_cap_is_refused() public {
        setPrice(1600e8);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FeeTooHigh.selector, 101, 100));
        pay(1000e6, 50e18, 101);
    }

    // ---------------------------------------------------------------- feeds apart

    function twoPrices() internal returns (TwoPrices prices) {
        prices = new TwoPrices();
        prices.set(2e27, 2e27, 0);
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(prices), MIN_DEBT);
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.oracle = address(prices);
        id = openWith(offer);
        draw(id, 60_000e6);
    }

    /// The discount covers at least the feeds' deviation.
    /// @custom:rule in-kind-discount-covers-the-deviation
    function test_a_deviation_beyond_the_discount_refuses_it() public {
        TwoPrices prices = twoPrices();
        prices.set(1.6e27, 1.64e27, 201);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InKindRefused.selector, 200, 201));
        pay(1000e6, 50e18, 0);
        prices.set(1.6e27, 1.632e27, 200);
        pay(1000e6, 50e18, 0);
    }

    /// Seizure is at the lower price, and whether it is needed is measured at the higher.
    function test_it_seizes_at_the_risk_price_and_measures_at_the_higher() public {
        TwoPrices prices = twoPrices();
        prices.set(1.7e27, 1.73e27, 177);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.InKindNotNeeded.selector, 60_000e6, 86_500e6, 7000));
        pay(1000e6, 50e18, 0);
        prices.set(1.68e27, 1.7e27, 120);
        (, uint96 seized,) = pay(1000e6, 50e18, 0);
        assertEq(seized, ceilDiv(uint256(1000e6) * 1e4 * 1e36, 1.68e27 * KEPT));
    }

    /// Invariant 10: far apart feeds seize more than the LTV gains; that must not make a healthy line unhealthy.
    function test_a_payment_that_would_make_a_healthy_line_unhealthy_is_refused() public {
        TwoPrices prices = new TwoPrices();
        prices.set(2e27, 2e27, 0);
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(prices), MIN_DEBT);
        Offer memory offer = defaultOffer();
        offer.group = 2;
        offer.oracle = address(prices);
        (offer.inKindDiscountBps, offer.liquidationLtvBps, offer.bonusBps) = (2000, 7900, 0);
        id = openWith(offer);
        draw(id, 60_000e6);
        // Healthy by a hair at the higher price; each dollar paid takes 1.25·1.19 dollars of it.
        prices.set(1.28e27, 1.52e27, 1875);
        vm.expectRevert(abi.encodePacked(ErrorsLib.Unhealthy.selector));
        this.payPartially();
    }

    function payPartially() external {
        vm.prank(borrower);
        try vault.repayInKind(id, repaymentOf(5000e6, 50e18, 0)) {}
        catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            assembly {
                mstore(0, selector)
                revert(0, 4)
            }
        }
    }
}
