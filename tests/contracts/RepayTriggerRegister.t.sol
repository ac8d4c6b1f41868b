// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {From, Kind, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";
import {RepayTrigger} from "contracts/trigger/RepayTrigger.sol";

import {TriggerFixture} from "./support/TriggerFixture.sol";
import {Wallet} from "./support/Wallet.sol";

contract RepayTriggerRegisterTest is TriggerFixture {
    function refuseRegistration(Mandate memory mandate, bytes memory reason) internal {
        bytes memory signature = signMandate(mandate);
        vm.expectRevert(reason);
        trigger.register(mandate, signature);
    }

    function test_anyone_carries_the_borrowers_signature() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        bytes memory signature = signMandate(mandate);
        bytes32 mandateHash = trigger.hashMandate(mandate);
        vm.expectEmit(address(trigger));
        emit EventsLib.MandateRegistered(mandateHash, id, borrower, mandate);
        vm.prank(stranger);
        assertEq(trigger.register(mandate, signature), mandateHash);
        assertEq(trigger.stateOf(mandateHash).registeredAt, vm.getBlockTimestamp());
    }

    function test_the_digest_is_that_of_eip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Covenant Repay Trigger"),
                keccak256("1"),
                block.chainid,
                address(trigger)
            )
        );
        Mandate memory mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        bytes32 typehash = keccak256(
            "Mandate(uint256 lineId,uint8 kind,uint8 source,uint16 thresholdBps,uint16 shareBps,uint16 feeBps,uint16 periodHours,uint96 capPerPeriod,uint96 amount,address feed,bool above,int256 level,uint40 expiry,uint256 nonce)"
        );
        bytes32 mandateHash = keccak256(abi.encode(typehash, mandate));
        assertEq(trigger.hashMandate(mandate), mandateHash);
        assertEq(trigger.mandateDigest(mandate), keccak256(abi.encodePacked(hex"1901", domain, mandateHash)));
    }

    /// Pitfall 5
    function test_a_signature_of_anybody_but_the_lines_borrower_is_refused() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        bytes memory signature = signBy(lenderKey, trigger.mandateDigest(mandate));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, borrower));
        trigger.register(mandate, signature);
    }

    /// Pitfall 5
    function test_a_signature_is_not_replayed_on_another_chain_or_trigger() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        bytes memory signature = signMandate(mandate);
        RepayTrigger other = deployTrigger(vault);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, borrower));
        other.register(mandate, signature);
        vm.chainId(31_338);
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.BadSignature.selector, borrower));
        trigger.register(mandate, signature);
    }

    function test_a_contract_may_be_the_borrower_by_erc1271() public {
        Wallet wallet = new Wallet(borrower);
        vm.mockCall(address(vault), abi.encodeCall(vault.borrowerOf, (id)), abi.encode(address(wallet)));
        register(mandateOf(Kind.DUE, From.RESERVE));
    }

    function test_a_line_that_does_not_exist_is_refused() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.lineId = 9;
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 9));
    }

    /// Pitfall 5
    function test_an_expired_mandate_is_refused() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.expiry = uint40(vm.getBlockTimestamp() - 1);
        bytes32 mandateHash = trigger.hashMandate(mandate);
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.MandateOver.selector, mandateHash, mandate.expiry));
    }

    function test_a_mandate_is_registered_up_to_its_last_second() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        vm.warp(mandate.expiry);
        register(mandate);
        assertEq(stateOf(mandate).registeredAt, mandate.expiry);
    }

    // ---------------------------------------------------------------- nonces

    /// Pitfall 5: one nonce, one mandate, once.
    /// @custom:rule a-nonce-is-used-once
    function test_a_nonce_is_used_once() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        bytes32 mandateHash = register(mandate);
        bytes memory used = abi.encodeWithSelector(ErrorsLib.NonceUsed.selector, borrower, mandate.nonce, mandateHash);
        refuseRegistration(mandate, used);
        mandate.capPerPeriod += 1;
        refuseRegistration(mandate, used);
    }

    /// @custom:rule revoking-burns-the-nonce
    function test_a_nonce_may_be_burned_before_its_mandate_is_registered() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        vm.expectEmit(address(trigger));
        emit EventsLib.MandateRevoked(borrower, mandate.nonce, 0);
        vm.prank(borrower);
        trigger.revoke(mandate.nonce);
        assertTrue(trigger.isBurned(borrower, mandate.nonce));
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.NonceBurned.selector, borrower, mandate.nonce));
    }

    function test_burning_a_nonce_without_a_mandate_stores_nothing_else() public {
        vm.prank(borrower);
        trigger.revoke(77);
        assertFalse(trigger.stateOf(bytes32(0)).revoked);
    }

    /// @custom:rule revoking-burns-the-nonce
    function test_revoking_a_registered_mandate_ends_it_and_burns_its_nonce() public {
        Mandate memory mandate = registered(Kind.DUE, From.RESERVE);
        pass(PERIOD);
        vm.expectEmit(address(trigger));
        emit EventsLib.MandateRevoked(borrower, mandate.nonce, trigger.hashMandate(mandate));
        vm.prank(borrower);
        trigger.revoke(mandate.nonce);
        refuse(mandate, refused(ErrorsLib.MandateIsRevoked.selector, mandate));
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.NonceBurned.selector, borrower, mandate.nonce));
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NonceBurned.selector, borrower, mandate.nonce));
        vm.prank(borrower);
        trigger.revoke(mandate.nonce);
    }

    function test_a_nonce_of_another_account_is_another_nonce() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        vm.prank(stranger);
        trigger.revoke(mandate.nonce);
        register(mandate);
        assertFalse(trigger.isBurned(borrower, mandate.nonce));
    }

    // ---------------------------------------------------------------- what a mandate may say

    function refuseField(Mandate memory mandate, bytes32 field, uint256 value) internal {
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.BadMandate.selector, field, value));
    }

    /// Pitfall 16
    function test_bounds_are_checked_at_registration() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.feeBps = 101;
        refuseField(mandate, "feeBps", 101);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.periodHours = 0;
        refuseField(mandate, "periodHours", 0);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.capPerPeriod = 0;
        refuseField(mandate, "capPerPeriod", 0);
        mandate = mandateOf(Kind.SHARE, From.RESERVE);
        mandate.shareBps = 10_001;
        refuseField(mandate, "shareBps", 10_001);
    }

    function test_fields_that_the_kind_needs_must_be_set() public {
        Mandate memory mandate = mandateOf(Kind.LTV, From.RESERVE);
        mandate.thresholdBps = 0;
        refuseField(mandate, "thresholdBps", 0);
        mandate = mandateOf(Kind.SHARE, From.RESERVE);
        mandate.shareBps = 0;
        refuseField(mandate, "shareBps", 0);
        mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        mandate.amount = 0;
        refuseField(mandate, "amount", 0);
        mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        mandate.feed = address(0);
        refuseField(mandate, "feed", 0);
    }

    function test_fields_that_the_kind_does_not_use_must_be_zero() public {
        Mandate memory mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.thresholdBps = 1;
        refuseField(mandate, "thresholdBps", 1);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.shareBps = 1;
        refuseField(mandate, "shareBps", 1);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.amount = 1;
        refuseField(mandate, "amount", 1);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.feed = address(feed);
        refuseField(mandate, "feed", uint160(address(feed)));
        mandate = mandateOf(Kind.SHARE, From.RESERVE);
        mandate.above = true;
        refuseField(mandate, "level", 0);
        mandate = mandateOf(Kind.DUE, From.RESERVE);
        mandate.level = 5;
        refuseField(mandate, "level", 5);
    }

    function test_a_feed_without_code_or_of_too_many_decimals_is_refused() public {
        Mandate memory mandate = mandateOf(Kind.LEVEL, From.RESERVE);
        mandate.feed = stranger;
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.BadFeed.selector, stranger));
        mandate = mandateOf(Kind.SHARE, From.RESERVE);
        vm.mockCall(address(revenue), abi.encodeCall(revenue.decimals, ()), abi.encode(19));
        refuseRegistration(mandate, abi.encodeWithSelector(ErrorsLib.BadFeed.selector, address(revenue)));
    }

    function test_a_feed_may_have_18_decimals() public {
        vm.mockCall(address(revenue), abi.encodeCall(revenue.decimals, ()), abi.encode(18));
        registered(Kind.SHARE, From.RESERVE);
    }

    function test_a_trigger_needs_a_vault() public {
        vm.expectRevert(ErrorsLib.ZeroAddress.selector);
        this.create("RepayTrigger.sol", abi.encode(address(0)));
    }
}
