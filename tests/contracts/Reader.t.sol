// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {IOracleAdapter} from "contracts/interfaces/IOracleAdapter.sol";
import {LineView, Reading} from "contracts/interfaces/IReader.sol";
import {ErrorsLib} from "contracts/libraries/ErrorsLib.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";
import {Reader} from "contracts/periphery/Reader.sol";

import {HostileOracle} from "./support/HostileOracle.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract ReaderTest is VaultFixture {
    Reader internal reader;

    function setUp() public override {
        super.setUp();
        reader = new Reader(vault);
    }

    /// @dev A group big enough for several lines.
    function defaultOffer() internal view override returns (Offer memory offer) {
        offer = super.defaultOffer();
        offer.groupCap = 10 * LIMIT;
    }

    function read(uint256 id) internal view returns (LineView memory) {
        return reader.line(id);
    }

    function assertSame(StoredState memory found, StoredState memory expected) internal pure {
        assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(expected)));
    }

    /// @dev What is read is what the vault says of each thing alone.
    function assertAsTheVaultSays(uint256 id) internal view {
        LineView memory line = read(id);
        assertEq(line.id, id);
        assertEq(line.borrower, vault.borrowerOf(id));
        assertEq(keccak256(abi.encode(line.terms)), keccak256(abi.encode(vault.terms(id))));
        assertEq(keccak256(abi.encode(line.market)), keccak256(abi.encode(vault.market(line.terms.marketId))));
        assertSame(line.stored, vault.stored(id));
        assertSame(line.present, present(id));
        assertEq(uint256(line.status), uint256(vault.status(id)));
        (uint256 due, uint256 debt) = vault.owed(id);
        assertEq(line.due, due);
        assertEq(line.debt, debt);
        assertEq(line.maturesAt, line.terms.openedAt + TERM);
        assertEq(line.windowEndsAt, line.terms.openedAt + WINDOW);
        if (line.health.known) {
            (, uint256 value) = vault.health(id);
            assertEq(line.health.value, value);
        }
    }

    // ---------------------------------------------------------------- one line

    function testFuzz_a_line_is_read_as_the_vault_says_at_any_time(uint96 drawn, uint32 time) public {
        uint256 id = openDrawn(uint96(bound(drawn, MIN_DEBT, 60_000e6)));
        depositReserve(id, 700e6);
        pass(bound(time, 0, 2 * TERM));
        assertAsTheVaultSays(id);
    }

    function test_a_healthy_line_in_numbers() public {
        uint256 id = openDrawn(40_000e6);
        LineView memory line = read(id);
        assertEq(line.holder, lender);
        assertEq(line.prices.measuringE36, PRICE_2000);
        assertEq(line.prices.riskE36, PRICE_2000);
        assertEq(line.prices.deviationBps, 0);
        assertEq(uint256(line.prices.reason), uint256(IOracleAdapter.Reason.OK));
        assertEq(line.prices.feed, address(0));
        assertTrue(line.health.known);
        assertFalse(line.health.unhealthy);
        assertEq(line.health.value, 100_000e6);
        assertEq(line.health.ltvBps, 4000);
        assertEq(line.health.excess, 0);
        assertFalse(line.liquidatable);
    }

    function test_the_ltv_rounds_up() public {
        uint256 id = openDrawn(40_000e6 + 1);
        assertEq(read(id).health.ltvBps, 4001);
    }

    function test_an_unhealthy_line_says_what_brings_it_back_to_the_initial_ltv() public {
        uint256 id = openDrawn(60_000e6);
        setPrice(1500e8);
        LineView memory line = read(id);
        assertEq(line.health.ltvBps, 8000);
        assertFalse(line.health.unhealthy, "at the limit it is healthy");
        assertEq(line.health.excess, 15_000e6);
        setPrice(1499e8);
        line = read(id);
        assertTrue(line.health.unhealthy);
        assertTrue(line.liquidatable);
        (uint96 repaid,) = liquidate(id, 1000e6);
        assertEq(repaid, 1000e6);
    }

    function test_a_defaulted_line_is_liquidatable_however_healthy() public {
        uint256 id = openDrawn(1000e6);
        pass(PERIOD + GRACE);
        assertEq(uint256(read(id).status), uint256(Status.PAST_DUE));
        assertFalse(read(id).liquidatable);
        pass(1);
        LineView memory line = read(id);
        assertEq(uint256(line.status), uint256(Status.DEFAULT));
        assertFalse(line.health.unhealthy);
        assertTrue(line.liquidatable);
        assertEq(line.nextDueAt, START + PERIOD, "since when the bill is unpaid");
    }

    function test_the_next_due_date_is_the_next_bill_and_zero_when_there_is_none() public {
        uint256 id = openDrawn(1000e6);
        assertEq(read(id).nextDueAt, START + PERIOD);
        pass(PERIOD);
        repay(id, uint96(dueOf(id)));
        assertEq(read(id).nextDueAt, START + 2 * PERIOD);
        close(id);
        assertEq(read(id).nextDueAt, 0);
    }

    function test_a_line_without_collateral_needs_no_price() public {
        Offer memory offer = defaultOffer();
        offer.minCollateral = 0;
        uint256 id = openWith(offer);
        feed.push(0, vm.getBlockTimestamp());
        LineView memory line = read(id);
        assertTrue(line.health.known);
        assertEq(line.health.ltvBps, 0);
        skip(1 days);
        line = read(id);
        assertGt(line.debt, 0, "the commitment fee");
        assertEq(line.health.ltvBps, type(uint256).max);
        assertTrue(line.health.unhealthy);
    }

    function test_the_holder_is_who_bought_the_note_and_nobody_once_it_is_burned() public {
        uint256 id = openDrawn(1000e6);
        vm.prank(lender);
        nft.transferFrom(lender, stranger, id);
        assertEq(read(id).holder, stranger);
        close(id);
        assertEq(read(id).holder, stranger);
        vm.prank(stranger);
        vault.claim(id, address(usdc), stranger);
        LineView memory line = read(id);
        assertEq(line.holder, address(0));
        assertEq(uint256(line.status), uint256(Status.CLOSED));
        assertAsTheVaultSays(id);
    }

    function test_a_line_that_does_not_exist_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 1));
        reader.line(1);
    }

    // ---------------------------------------------------------------- without a price

    function test_without_a_price_the_rest_is_read_and_the_reason_is_told() public {
        uint256 id = openDrawn(40_000e6);
        feed.push(0, vm.getBlockTimestamp());
        LineView memory line = read(id);
        assertEq(line.prices.measuringE36, 0);
        assertEq(line.prices.riskE36, 0);
        assertEq(uint256(line.prices.reason), uint256(IOracleAdapter.Reason.NON_POSITIVE));
        assertEq(line.prices.feed, address(feed));
        assertFalse(line.health.known);
        assertEq(line.health.value + line.health.ltvBps + line.health.excess, 0);
        assertEq(line.debt, 40_000e6);
        assertAsTheVaultSays(id);
    }

    function test_a_price_that_measures_but_adds_no_risk_says_why() public {
        uint256 id = openDrawn(1000e6);
        setPrice(9e8);
        LineView memory line = read(id);
        assertEq(line.prices.measuringE36, 9e24);
        assertEq(line.prices.riskE36, 0);
        assertEq(uint256(line.prices.reason), uint256(IOracleAdapter.Reason.OUT_OF_BOUNDS));
        assertTrue(line.health.known);
    }

    function onHostile() internal returns (uint256 id, HostileOracle hostile) {
        hostile = new HostileOracle();
        oracle = OracleAdapter(address(hostile));
        vm.prank(owner);
        vault.createMarket(address(usdc), address(weth), address(hostile), MIN_DEBT);
        id = openLine();
    }

    function assertContained(HostileOracle.Mode mode) internal {
        uint256 honest = openDrawn(1000e6);
        (uint256 id, HostileOracle hostile) = onHostile();
        hostile.set(mode);
        uint256 gasBefore = gasleft();
        Reading[] memory readings = reader.linesBetween(honest, id);
        assertLt(gasBefore - gasleft(), 3_000_000);
        assertTrue(readings[0].success);
        assertEq(readings[0].line.health.ltvBps, 100);
        assertTrue(readings[1].success);
        LineView memory line = readings[1].line;
        assertEq(line.present.undrawn, LIMIT);
        assertFalse(line.health.known);
        assertEq(uint256(line.prices.reason), uint256(IOracleAdapter.Reason.UNREADABLE));
        assertEq(line.prices.feed, address(hostile));
    }

    function test_an_oracle_that_reverts_costs_its_lines_their_price_only() public {
        assertContained(HostileOracle.Mode.REVERTS);
    }

    function test_an_oracle_that_reverts_with_a_megabyte_costs_its_lines_their_price_only() public {
        assertContained(HostileOracle.Mode.REVERTS_WITH_MEGABYTES);
    }

    function test_an_oracle_that_returns_a_megabyte_costs_its_lines_their_price_only() public {
        assertContained(HostileOracle.Mode.RETURNS_MEGABYTES);
    }

    function test_an_oracle_that_burns_its_gas_costs_its_lines_their_price_only() public {
        assertContained(HostileOracle.Mode.BURNS_GAS);
    }

    function test_an_oracle_that_returns_too_little_costs_its_lines_their_price_only() public {
        assertContained(HostileOracle.Mode.RETURNS_TOO_LITTLE);
    }

    /// A reading is whole or says what it lacks: a call cannot make an oracle look dead by starving it of gas.
    function test_too_little_gas_is_told_and_is_not_taken_for_a_missing_price() public {
        openDrawn(1000e6);
        uint256[] memory ids = new uint256[](1);
        ids[0] = 1;
        uint256 told;
        for (uint256 gasLimit = 300_000; gasLimit < 2_500_000; gasLimit += 20_000) {
            try reader.lines{gas: gasLimit}(ids) returns (Reading[] memory readings) {
                if (readings[0].success) {
                    assertEq(uint256(readings[0].line.prices.reason), uint256(IOracleAdapter.Reason.OK));
                } else {
                    assertEq(bytes4(readings[0].reason), ErrorsLib.TooLittleGas.selector);
                    ++told;
                }
            } catch {}
        }
        assertGt(told, 0);
    }

    // ---------------------------------------------------------------- many lines

    function test_a_line_that_does_not_exist_does_not_spoil_the_others() public {
        uint256 first = openDrawn(1000e6);
        uint256 second = openDrawn(2000e6);
        uint256[] memory ids = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (second, 77, first);
        Reading[] memory readings = reader.lines(ids);
        assertEq(readings[0].line.debt, 2000e6);
        assertFalse(readings[1].success);
        assertEq(readings[1].reason, abi.encodeWithSelector(ErrorsLib.NoSuchLine.selector, 77));
        assertEq(readings[1].line.id, 0);
        assertTrue(readings[2].success);
        assertEq(readings[2].reason, "");
        assertEq(keccak256(abi.encode(readings[2].line)), keccak256(abi.encode(read(first))));
    }

    function test_a_range_is_read_as_far_as_there_are_lines() public {
        assertEq(reader.linesBetween(1, 10).length, 0);
        openLine();
        openLine();
        openLine();
        assertEq(reader.linesBetween(0, type(uint256).max).length, 3);
        assertEq(reader.linesBetween(3, 2).length, 0);
        assertEq(reader.linesBetween(4, 9).length, 0);
        Reading[] memory readings = reader.linesBetween(2, 2);
        assertEq(readings.length, 1);
        assertEq(readings[0].line.id, 2);
    }
}
