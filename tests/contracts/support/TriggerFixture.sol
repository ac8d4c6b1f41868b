// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditVault} from "contracts/interfaces/ICreditVault.sol";
import {From, Kind, Mandate, MandateState} from "contracts/interfaces/IRepayTrigger.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {RepayTrigger} from "contracts/trigger/RepayTrigger.sol";

import {VaultFixture} from "./VaultFixture.sol";

/// @notice A line with 20,000 dollars drawn and 5,000 in reserve, whose borrower granted the trigger.
abstract contract TriggerFixture is VaultFixture {
    RepayTrigger internal trigger;
    LocalFeed internal revenue;
    uint256 internal id;

    function setUp() public virtual override {
        super.setUp();
        trigger = deployTrigger(vault);
        revenue = new LocalFeed(address(this), 8, "revenue in USD");
        revenue.push(0, vm.getBlockTimestamp());
        id = openDrawn(20_000e6);
        depositReserve(id, 5000e6);
        vm.prank(borrower);
        vault.setOperator(address(trigger), true);
    }

    function deployTrigger(ICreditVault vault_) internal returns (RepayTrigger) {
        return RepayTrigger(deployCode("RepayTrigger.sol", abi.encode(vault_)));
    }

    // ---------------------------------------------------------------- mandates

    function mandateOf(Kind kind, From source) internal view returns (Mandate memory mandate) {
        mandate.lineId = id;
        mandate.kind = kind;
        mandate.source = source;
        mandate.feeBps = 100;
        mandate.periodHours = 24;
        mandate.capPerPeriod = source == From.COLLATERAL ? 30e18 : 4000e6;
        mandate.expiry = uint40(vm.getBlockTimestamp() + TERM);
        mandate.nonce = uint256(kind) * 3 + uint256(source);
        if (kind == Kind.LTV) mandate.thresholdBps = 7000;
        if (kind == Kind.SHARE) mandate.shareBps = 1000;
        if (kind == Kind.LEVEL) (mandate.amount, mandate.level) = (1000e6, 1500e8);
        if (kind == Kind.LEVEL) mandate.feed = address(feed);
        if (kind == Kind.SHARE) mandate.feed = address(revenue);
    }

    function signMandate(Mandate memory mandate) internal view returns (bytes memory) {
        return signBy(borrowerKey, trigger.mandateDigest(mandate));
    }

    function register(Mandate memory mandate) internal returns (bytes32) {
        return trigger.register(mandate, signMandate(mandate));
    }

    function registered(Kind kind, From source) internal returns (Mandate memory mandate) {
        mandate = mandateOf(kind, source);
        register(mandate);
    }

    function fire(Mandate memory mandate) internal returns (uint96 paid, uint96 spent) {
        vm.prank(keeper);
        return trigger.fire(mandate, keeper);
    }

    function refuse(Mandate memory mandate, bytes memory reason) internal {
        vm.expectRevert(reason);
        fire(mandate);
    }

    function refused(bytes4 selector, Mandate memory mandate) internal view returns (bytes memory) {
        return abi.encodeWithSelector(selector, trigger.hashMandate(mandate));
    }

    function stateOf(Mandate memory mandate) internal view returns (MandateState memory) {
        return trigger.stateOf(trigger.hashMandate(mandate));
    }

    function batchOf(Mandate memory a, Mandate memory b) internal pure returns (Mandate[] memory batch) {
        batch = new Mandate[](2);
        (batch[0], batch[1]) = (a, b);
    }
}
