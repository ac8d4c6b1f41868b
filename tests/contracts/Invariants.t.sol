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
        cross.push(2000e8, block.timestamp);
        OracleConfig memory config = oracleConfig();
        config.crossCheck = FeedConfig(address(cross), 1 hours, 5 minutes);
        config.maxDeviationBps = 300;
        LocalFeed base = new LocalFeed(address(this), 8, "ETH / USD");
        base.push(2000e8, block.timestamp);
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

    /// One campaign for all of them: what takes time is the people, not the looking.
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
            assertLe(state.unpaidSince, block.timestamp, "S in the past");
        }
    }

    /// Invariant 12: at any moment everybody can pay, leave and claim, without a price; nothing is left behind.
    function afterInvariant() public {
        handler.everybodyLeaves();
        assertEq(handler.violation(), "");
        assertEq(usdc.balanceOf(address(vault)), 0, "loan tokens left behind");
        assertEq(weth.balanceOf(address(vault)), 0, "collateral left behind");
    }
}
