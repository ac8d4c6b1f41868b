// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ICreditVault, LineTerms, Offer, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {MAX_LIMIT} from "contracts/libraries/ConstantsLib.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";

import {VaultFixture} from "./support/VaultFixture.sol";
import {Wallet} from "./support/Wallet.sol";

contract OpenTest is VaultFixture {
    // ---------------------------------------------------------------- what opening does

    /// @custom:rule fee-goes-straight-to-the-lender
    function test_opening_moves_limit_collateral_and_fee_and_mints_the_note() public {
        uint256 lenderHad = usdc.balanceOf(lender);
        uint256 borrowerHad = usdc.balanceOf(borrower);
        uint256 etherHad = weth.balanceOf(borrower);
        uint256 id = openLine();

        uint256 fee = 500e6;
        assertEq(id, 1);
        assertEq(usdc.balanceOf(lender), lenderHad - LIMIT + fee, "the fee goes straight to the lender");
        assertEq(usdc.balanceOf(borrower), borrowerHad - fee);
        assertEq(weth.balanceOf(borrower), etherHad - MIN_COLLATERAL);
        assertEq(nft.ownerOf(id), lender);
        assertEq(vault.borrowerOf(id), borrower);
        assertSolvent();

        StoredState memory state = vault.stored(id);
        assertEq(state.seq, 1);
        assertEq(state.undrawn, LIMIT);
        assertEq(state.collateral, MIN_COLLATERAL);
        assertEq(state.accruedAt, vm.getBlockTimestamp());
        assertEq(state.principal, 0);
        assertStatus(id, Status.CURRENT);
    }

    function test_a_line_keeps_the_terms_it_was_opened_with() public {
        Offer memory offer = defaultOffer();
        LineTerms memory terms = vault.terms(openWith(offer));
        assertEq(terms.aprBps, offer.aprBps);
        assertEq(terms.commitmentBps, offer.commitmentBps);
        assertEq(terms.penaltyBps, offer.penaltyBps);
        assertEq(terms.initialLtvBps, offer.initialLtvBps);
        assertEq(terms.liquidationLtvBps, offer.liquidationLtvBps);
        assertEq(terms.bonusBps, offer.bonusBps);
        assertEq(terms.inKindLtvBps, offer.inKindLtvBps);
        assertEq(terms.inKindDiscountBps, offer.inKindDiscountBps);
        assertEq(terms.amortBps, offer.amortBps);
        assertEq(terms.periodHours, offer.periodHours);
        assertEq(terms.graceHours, offer.graceHours);
        assertEq(terms.drawWindowHours, offer.drawWindowHours);
        assertEq(terms.termHours, offer.termHours);
        assertEq(terms.openedAt, vm.getBlockTimestamp());
        assertEq(terms.marketId, marketId);
    }

    function test_opening_announces_the_offer_and_then_the_state() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        LineTerms memory terms = vault.terms(openWith(offer, MIN_DEBT));
        StoredState memory state = vault.stored(1);
        vm.expectEmit(address(vault));
        emit EventsLib.Opened(
            2, lender, borrower, vault.hashOffer(offer), 1, 2 * MIN_DEBT, MIN_DEBT, state.collateral, 0.5e6, terms
        );
        vm.expectEmit(address(vault));
        emit ICreditVault.LineState(2, state);
        vm.prank(borrower);
        vault.open(offer, signature, MIN_DEBT, borrower);
    }

    /// Pitfall 13: what scales with the fill rounds against whom it binds, up.
    /// @custom:rule fill-rounds-up
    function testFuzz_a_partial_fill_scales_collateral_and_fee_rounded_up(uint96 amount) public {
        amount = uint96(bound(amount, MIN_DEBT, LIMIT));
        uint256 had = usdc.balanceOf(borrower);
        Offer memory offer = defaultOffer();
        offer.minCollateral = MIN_COLLATERAL + 1;
        uint256 id = openWith(offer, amount);
        uint256 collateral = vault.stored(id).collateral;
        assertGe(collateral * LIMIT, uint256(amount) * offer.minCollateral);
        assertLt((collateral - 1) * LIMIT, uint256(amount) * offer.minCollateral);
        uint256 fee = had - usdc.balanceOf(borrower);
        assertGe(fee * 10_000, uint256(amount) * 50);
        assertLt((fee - 1) * 10_000, uint256(amount) * 50);
    }

    function test_the_least_fee_is_one_unit_and_is_taken() public {
        oracle = deployOracle(oracleConfig());
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), 1);
        Offer memory offer = defaultOffer();
        offer.originationBps = 1;
        uint256 had = usdc.balanceOf(borrower);
        openWith(offer, 10_000);
        assertEq(had - usdc.balanceOf(borrower), 1);
    }

    function test_without_fee_and_collateral_nothing_is_taken_from_the_borrower() public {
        Offer memory offer = defaultOffer();
        offer.minCollateral = 0;
        offer.originationBps = 0;
        uint256 had = usdc.balanceOf(borrower) + weth.balanceOf(borrower);
        bytes memory nothing = abi.encodeCall(IERC20.transferFrom, (borrower, lender, 0));
        vm.expectCall(address(usdc), nothing, 0);
        openWith(offer);
        assertEq(usdc.balanceOf(borrower) + weth.balanceOf(borrower), had);
    }

    // ---------------------------------------------------------------- whom an offer binds, and until when

    /// Pitfall 5
    function test_an_offer_holds_until_its_expiry_and_not_a_second_longer() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.warp(offer.expiry);
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT / 2, borrower);
        vm.warp(offer.expiry + 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferExpired.selector, offer.expiry, offer.expiry + 1));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT / 2, borrower);
    }

    function test_an_offer_for_another_is_refused() public {
        Offer memory offer = defaultOffer();
        offer.borrower = stranger;
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferForAnother.selector, stranger, borrower));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
        vm.prank(stranger);
        vault.open(offer, signature, LIMIT, stranger);
        assertEq(vault.borrowerOf(1), stranger);
    }

    /// Pitfall 5
    function test_a_signature_of_somebody_else_is_refused() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = signBy(borrowerKey, vault.offerDigest(offer));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, lender));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
    }

    /// Pitfall 5: every single field is signed.
    function testFuzz_an_offer_changed_in_any_field_is_refused(uint256 field) public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        field = bound(field, 0, 14);
        if (field == 0) offer.limit += 1;
        if (field == 1) offer.minCollateral -= 1;
        if (field == 2) offer.aprBps -= 1;
        if (field == 3) offer.originationBps -= 1;
        if (field == 4) offer.commitmentBps -= 1;
        if (field == 5) offer.penaltyBps -= 1;
        if (field == 6) offer.initialLtvBps += 1;
        if (field == 7) offer.liquidationLtvBps += 1;
        if (field == 8) offer.bonusBps -= 1;
        if (field == 9) offer.amortBps -= 1;
        if (field == 10) offer.graceHours += 1;
        if (field == 11) offer.termHours += 1;
        if (field == 12) offer.expiry += 1;
        if (field == 13) offer.group += 1;
        if (field == 14) offer.groupCap += 1;
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, lender));
        vm.prank(borrower);
        vault.open(offer, signature, MIN_DEBT, borrower);
    }

    /// Pitfall 5: words are hashed as they come, so one with bits beyond its field is not what the lender signed.
    function test_an_offer_with_bits_beyond_a_field_is_refused() public {
        Offer memory offer = defaultOffer();
        bytes memory call_ = abi.encodeCall(vault.open, (offer, sign(offer), LIMIT, borrower));
        uint256 aprWord = 4 + 7 * 32;
        call_[aprWord] = 0x01;
        vm.prank(borrower);
        (bool success, bytes memory reason) = address(vault).call(call_);
        assertFalse(success);
        assertEq(reason, abi.encodeWithSelector(ErrorsLib.BadSignature.selector, lender));
    }

    /// Pitfall 5
    function test_an_offer_is_not_replayed_on_another_chain() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.chainId(31_338);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, lender));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
    }

    /// Pitfall 5
    function test_an_offer_is_not_replayed_on_another_vault() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vault = deployVault(owner, guardian, nft.descriptor());
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, lender));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
    }

    function test_the_digest_is_that_of_eip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Covenant Credit Vault"),
                keccak256("1"),
                block.chainid,
                address(vault)
            )
        );
        Offer memory offer = defaultOffer();
        bytes32 typehash = keccak256(
            "Offer(address lender,address borrower,address loanToken,address collateralToken,address oracle,uint96 limit,uint96 minCollateral,uint16 aprBps,uint16 originationBps,uint16 commitmentBps,uint16 penaltyBps,uint16 initialLtvBps,uint16 liquidationLtvBps,uint16 bonusBps,uint16 inKindLtvBps,uint16 inKindDiscountBps,uint16 amortBps,uint16 periodHours,uint16 graceHours,uint16 drawWindowHours,uint16 termHours,uint40 expiry,uint256 group,uint96 groupCap,uint32 epoch)"
        );
        bytes32 offerHash = keccak256(abi.encode(typehash, offer));
        assertEq(vault.hashOffer(offer), offerHash);
        assertEq(vault.offerDigest(offer), keccak256(abi.encodePacked(hex"1901", domain, offerHash)));
    }

    function test_a_contract_may_lend_by_erc1271_until_it_takes_its_signature_back() public {
        Wallet wallet = new Wallet(lender);
        usdc.mint(address(wallet), 2 * LIMIT);
        wallet.approve(usdc, address(vault));
        Offer memory offer = defaultOffer();
        offer.lender = address(wallet);
        bytes memory signature = sign(offer);
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT / 2, borrower);
        assertEq(nft.ownerOf(1), address(wallet));
        wallet.setSigner(stranger);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, address(wallet)));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT / 2, borrower);
    }

    // ---------------------------------------------------------------- groups and epochs

    /// Pitfall 5
    /// @custom:rule group-cap-holds
    function testFuzz_fills_of_a_group_never_exceed_its_cap(uint96 first, uint96 second) public {
        Offer memory offer = defaultOffer();
        first = uint96(bound(first, MIN_DEBT, LIMIT));
        second = uint96(bound(second, MIN_DEBT, LIMIT));
        openWith(offer, first);
        bytes memory signature = sign(offer);
        if (uint256(first) + second > LIMIT) {
            vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FillTooLarge.selector, second, LIMIT - first));
        }
        vm.prank(borrower);
        vault.open(offer, signature, second, borrower);
        assertLe(vault.consumed(lender, address(usdc), 1), LIMIT);
    }

    function test_offers_of_one_group_share_its_cap() public {
        Offer memory offer = defaultOffer();
        openWith(offer, LIMIT * 3 / 4);
        offer.aprBps = 500;
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FillTooLarge.selector, LIMIT / 2, LIMIT / 4));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT / 2, borrower);
        offer.group = 2;
        openWith(offer, LIMIT / 2);
        assertEq(vault.consumed(lender, address(usdc), 2), LIMIT / 2);
    }

    function test_limit_bounds_one_line_and_the_cap_all_lines_of_the_group() public {
        Offer memory offer = defaultOffer();
        offer.groupCap = 3 * LIMIT;
        openWith(offer, LIMIT);
        openWith(offer, LIMIT);
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FillTooLarge.selector, LIMIT + 1, LIMIT));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT + 1, borrower);
    }

    /// Pitfall 12
    /// @custom:rule fill-is-at-least-the-minimum
    function test_a_fill_below_the_minimum_debt_is_refused() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FillTooSmall.selector, MIN_DEBT - 1, MIN_DEBT));
        vm.prank(borrower);
        vault.open(offer, signature, MIN_DEBT - 1, borrower);
    }

    /// Pitfall 5
    /// @custom:rule cancelled-group-lends-nothing
    function test_a_cancelled_group_lends_no_more() public {
        Offer memory offer = defaultOffer();
        offer.groupCap = type(uint96).max;
        bytes memory signature = sign(offer);
        vm.expectEmit(address(vault));
        emit EventsLib.GroupCancelled(lender, address(usdc), 1);
        vm.prank(lender);
        vault.cancelGroup(address(usdc), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.FillTooLarge.selector, LIMIT, 0));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
    }

    /// Pitfall 5
    /// @custom:rule epoch-must-equal
    function test_an_offer_of_another_epoch_is_refused() public {
        Offer memory offer = defaultOffer();
        bytes memory signature = sign(offer);
        vm.expectEmit(address(vault));
        emit EventsLib.EpochBumped(lender, 1);
        vm.prank(lender);
        assertEq(vault.bumpEpoch(), 1);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferEpoch.selector, 0, 1));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
        offer.epoch = 2;
        signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.OfferEpoch.selector, 2, 1));
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
        offer.epoch = 1;
        openWith(offer);
    }

    function test_an_offer_for_an_unlisted_market_is_refused() public {
        Offer memory offer = defaultOffer();
        offer.oracle = address(feed);
        bytes memory signature = sign(offer);
        vm.expectRevert(
            abi.encodeWithSelector(ErrorsLib.NoSuchMarket.selector, address(usdc), address(weth), address(feed))
        );
        vm.prank(borrower);
        vault.open(offer, signature, LIMIT, borrower);
    }

    // ---------------------------------------------------------------- terms that are refused whoever signed them

    function assertRefused(Offer memory offer, bytes32 field, uint256 value) internal {
        bytes memory signature = sign(offer);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadTerms.selector, field, value));
        vm.prank(borrower);
        vault.open(offer, signature, MIN_DEBT, borrower);
    }

    /// @custom:rule limit-is-capped
    function test_a_limit_beyond_the_largest_is_refused() public {
        Offer memory offer = defaultOffer();
        offer.limit = uint96(MAX_LIMIT) + 1;
        assertRefused(offer, "limit", MAX_LIMIT + 1);
    }

    /// @custom:rule rates-are-capped
    function test_rates_and_fees_have_immutable_caps() public {
        Offer memory offer = defaultOffer();
        offer.aprBps = 10_001;
        assertRefused(offer, "aprBps", 10_001);
        offer = defaultOffer();
        offer.originationBps = 1_001;
        assertRefused(offer, "originationBps", 1_001);
        offer = defaultOffer();
        offer.commitmentBps = 1_001;
        assertRefused(offer, "commitmentBps", 1_001);
        offer = defaultOffer();
        offer.penaltyBps = 10_001;
        assertRefused(offer, "penaltyBps", 10_001);
        offer = defaultOffer();
        offer.bonusBps = 2_001;
        assertRefused(offer, "bonusBps", 2_001);
        offer = defaultOffer();
        offer.inKindDiscountBps = 2_001;
        assertRefused(offer, "inKindDiscountBps", 2_001);
        offer = defaultOffer();
        offer.amortBps = 10_001;
        assertRefused(offer, "amortBps", 10_001);
    }

    function test_the_caps_themselves_are_allowed() public {
        Offer memory offer = defaultOffer();
        (offer.aprBps, offer.originationBps, offer.commitmentBps, offer.penaltyBps) = (10_000, 1_000, 1_000, 10_000);
        (offer.bonusBps, offer.inKindDiscountBps, offer.amortBps) = (2_000, 2_000, 10_000);
        (offer.initialLtvBps, offer.liquidationLtvBps) = (5_000, 7_900);
        openWith(offer);
    }

    function test_periods_need_an_hour_and_the_window_ends_by_maturity() public {
        Offer memory offer = defaultOffer();
        offer.periodHours = 0;
        assertRefused(offer, "periodHours", 0);
        offer = defaultOffer();
        offer.drawWindowHours = offer.termHours + 1;
        assertRefused(offer, "drawWindowHours", offer.termHours + 1);
    }

    /// Refused unless t < lltv.
    /// @custom:rule target-below-liquidation
    function test_the_initial_ltv_must_be_below_the_liquidation_ltv() public {
        Offer memory offer = defaultOffer();
        offer.initialLtvBps = offer.liquidationLtvBps;
        assertRefused(offer, "initialLtvBps", offer.initialLtvBps);
    }

    /// Refused unless lltv·(1 + bonus) < 1.
    /// @custom:rule bonus-fits
    function testFuzz_at_the_liquidation_ltv_the_collateral_covers_debt_and_bonus(uint16 lltv, uint16 bonus) public {
        Offer memory offer = defaultOffer();
        offer.liquidationLtvBps = uint16(bound(lltv, 6001, 9801));
        offer.bonusBps = uint16(bound(bonus, 0, 2000));
        offer.inKindDiscountBps = 0;
        bool fits = uint256(offer.liquidationLtvBps) * (10_000 + offer.bonusBps) < 1e8;
        if (!fits) return assertRefused(offer, "bonusBps", offer.bonusBps);
        openWith(offer);
    }

    /// Refused unless lltv·(1 + keeper fee cap)/(1 − discount) < 1.
    /// @custom:rule discount-fits
    function testFuzz_at_the_liquidation_ltv_the_collateral_covers_a_payment_in_kind(uint16 lltv, uint16 discount)
        public
    {
        Offer memory offer = defaultOffer();
        offer.liquidationLtvBps = uint16(bound(lltv, 6001, 9999));
        offer.bonusBps = 0;
        offer.inKindDiscountBps = uint16(bound(discount, 0, 2000));
        bool fits = uint256(offer.liquidationLtvBps) * 10_100 < 1e4 * (10_000 - uint256(offer.inKindDiscountBps));
        if (!fits) return assertRefused(offer, "inKindDiscountBps", offer.inKindDiscountBps);
        openWith(offer);
    }

    // ---------------------------------------------------------------- lines that are not there

    /// Pitfall 3: existence first, in every function that takes an id.
    function test_every_action_on_a_line_that_does_not_exist_is_refused() public {
        bytes memory none = abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 7);
        vm.startPrank(borrower);
        vm.expectRevert(none);
        vault.deposit(7, 1);
        vm.expectRevert(none);
        vault.withdraw(7, 1, borrower);
        vm.expectRevert(none);
        vault.depositReserve(7, 1);
        vm.expectRevert(none);
        vault.withdrawReserve(7, 1, borrower);
        vm.expectRevert(none);
        vault.draw(7, 1, borrower);
        vm.expectRevert(none);
        vault.repay(7, 1);
        vm.expectRevert(none);
        vault.repayFromReserve(7, repaymentOf(1, 1, 0));
        vm.expectRevert(none);
        vault.repayInKind(7, repaymentOf(1, 1, 0));
        vm.expectRevert(none);
        vault.close(7, borrower);
        vm.expectRevert(none);
        vault.terminate(7);
        vm.expectRevert(none);
        vault.liquidate(7, 1, 0, borrower);
        vm.expectRevert(none);
        vault.claim(7, address(usdc), borrower);
    }

    function test_every_view_of_a_line_that_does_not_exist_is_refused() public {
        bytes memory none = abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 0);
        vm.expectRevert(none);
        vault.stored(0);
        vm.expectRevert(none);
        vault.projected(0, uint32(vm.getBlockTimestamp()));
        vm.expectRevert(none);
        vault.terms(0);
        vm.expectRevert(none);
        vault.borrowerOf(0);
        vm.expectRevert(none);
        vault.owed(0);
        vm.expectRevert(none);
        vault.status(0);
        vm.expectRevert(none);
        vault.health(0);
        vm.expectRevert(none);
        vault.stateHash(0);
    }

    function test_the_state_hash_is_that_of_the_last_announced_state() public {
        uint256 id = openDrawn(10_000e6);
        assertEq(vault.stateHash(id), keccak256(abi.encode(id, vault.stored(id))));
    }
}
