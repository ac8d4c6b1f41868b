// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StoredState} from "contracts/interfaces/ICreditVault.sol";
import {FeedConfig, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {RepayTrigger} from "contracts/trigger/RepayTrigger.sol";

import {LineHandler} from "./support/LineHandler.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// @notice What holds after any sequence of actions, of time and of prices. The numbers are the invariants' own.
contract InvariantsTest is VaultFixture {
    LineHandler internal handler;
    LocalFeed internal cross;

    function setUp() public override {
        super.setUp();
        cross = new LocalFeed(address(this), 8, "ETH / USD of another");
        cross.push(2000e8, vm.getBlockTimestamp());
        OracleConfig memory config = oracleConfig();
        config.crossCheck = FeedConfig(address(cross), 1 hours, 5 minutes);
        config.maxDeviationBps = 300;
        LocalFeed base = new LocalFeed(address(this), 8, "ETH / USD");
        base.push(2000e8, vm.getBlockTimestamp());
        config.base.feed = address(base);
        oracle = deployOracle(config);
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        RepayTrigger trigger = RepayTrigger(deployCode("RepayTrigger.sol", abi.encode(vault)));
        handler = new LineHandler(vault, trigger, oracle, [usdc, weth], [base, cross], guardian);
        targetContract(address(handler));
        // Every sequence starts with two lines in use.
        for (uint256 seed = 1; seed <= 2; ++seed) {
            handler.open(seed, 50_000e6);
            handler.depositReserve(seed - 1, 2000e6);
            handler.draw(seed - 1, 15_000e6);
        }
        bytes4[] memory not = new bytes4[](1);
        not[0] = LineHandler.everybodyLeaves.selector;
        excludeSelector(FuzzSelector(address(handler), not));
    }

    /// Invariants 9, 10, 11 and 14, in one campaign: what takes time is the people, not the looking.
    function invariant_whatever_people_do_the_promises_hold() public view {
        escrowEqualsBalances();
        noActionDidWhatItMayNot();
        pokingChangesNothing();
        everyUnitOfTheLenderIsAccountedFor();
        statesAreWellFormed();
    }

    /// Invariant 9: what lines hold in escrow is what the vault has, in each token, to the unit.
    function escrowEqualsBalances() internal view {
        assertSolvent();
    }

    /// Invariants 10 and 11: what no action may do, none did.
    function noActionDidWhatItMayNot() internal view {
        assertEq(handler.violation(), "");
    }

    /// Invariant 14: a line that is poked at every step of time owes what one that nobody touches owes.
    function pokingChangesNothing() internal view {
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            StoredState memory poked = handler.pokedState(id);
            StoredState memory accrued = vault.projected(id, poked.accruedAt);
            assertEq(keccak256(abi.encode(accrued)), keccak256(abi.encode(poked)), "14: accrued in steps");
        }
    }

    /// The lender's money is conserved: what it filled and what was repaid is undrawn, drawn, claimable or claimed.
    function everyUnitOfTheLenderIsAccountedFor() internal view {
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            (uint256 filled, uint256 drawn, uint256 repaid, uint256 claimed) = handler.sums(id);
            StoredState memory state = vault.stored(id);
            uint256 accounted = uint256(state.undrawn) + drawn + state.claimLoan + claimed;
            assertEq(filled + repaid, accounted, "the lender's money");
        }
    }

    /// A is part of P, and a bill is unpaid exactly since it appeared.
    function statesAreWellFormed() internal view {
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            StoredState memory state = present(id);
            assertLe(state.billedPrincipal, state.principal, "A within P");
            assertEq(state.unpaidSince != 0, state.billed > 0 || state.billedPrincipal > 0, "S with a bill");
            assertLe(state.unpaidSince, vm.getBlockTimestamp(), "S in the past");
        }
    }

    /// The campaign is not vacuous: within a few hundred steps people get through with everything that they may try.
    function test_people_get_through_with_every_action() public {
        for (uint256 seed = 0; seed < 400; ++seed) {
            step(seed);
        }
        invariant_whatever_people_do_the_promises_hold();
        string[15] memory actions = [
            "open",
            "deposit",
            "withdraw",
            "depositReserve",
            "withdrawReserve",
            "draw",
            "repay",
            "repayDue",
            "repayFromReserve",
            "repayInKind",
            "liquidate",
            "terminate",
            "close",
            "claim",
            "fire"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            uint256 times = handler.done(bytes32(bytes(actions[i])));
            emit log_named_uint(actions[i], times);
            assertGt(times, 0, actions[i]);
        }
        afterInvariant();
    }

    /// @dev What the fuzzer does, the same each time.
    function step(uint256 seed) internal {
        uint256 what = uint256(keccak256(abi.encode(seed))) % 19;
        uint256 which = uint256(keccak256(abi.encode(seed, "which")));
        uint96 amount = uint96(which);
        if (what == 0) handler.open(seed, amount);
        if (what == 1) handler.deposit(which, amount);
        if (what == 2) handler.withdraw(which, amount);
        if (what == 3) handler.depositReserve(which, amount);
        if (what == 4) handler.withdrawReserve(which, amount);
        if (what == 5) handler.draw(which, amount);
        if (what == 6) handler.repay(which, amount);
        if (what == 7) handler.repayDue(which);
        if (what == 8) handler.repayFromReserve(which, amount, uint16(seed));
        if (what == 9) handler.repayInKind(which, amount, uint16(seed));
        if (what == 10) handler.liquidate(which, amount);
        if (what == 11) handler.terminate(which);
        if (what == 12) handler.close(which);
        if (what == 13) handler.claim(which, seed % 2 == 0);
        if (what == 14) handler.fire(which);
        if (what == 15) handler.giveNoteAway(which, seed);
        if (what == 16) handler.movePrice(seed);
        if (what == 17) handler.passTime(seed);
        if (what == 18) handler.stopOrResume(seed);
    }

    /// Invariant 12: at any moment everybody can pay, leave and claim, without a price; nothing is left behind.
    function afterInvariant() public {
        handler.everybodyLeaves();
        assertEq(handler.violation(), "");
        assertEq(usdc.balanceOf(address(vault)), 0, "loan tokens left behind");
        assertEq(weth.balanceOf(address(vault)), 0, "collateral left behind");
    }
}
