// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditLineNFT} from "../interfaces/ICreditLineNFT.sol";
import {ICreditVault, Status} from "../interfaces/ICreditVault.sol";
import {IOracleAdapter} from "../interfaces/IOracleAdapter.sol";
import {Health, IReader, LineView, Prices, Reading} from "../interfaces/IReader.sol";
import {ChargesLib} from "../libraries/ChargesLib.sol";
import {BPS} from "../libraries/ConstantsLib.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {HealthLib} from "../libraries/HealthLib.sol";
import {Line, LineLib} from "../libraries/LineLib.sol";
import {MathLib} from "../libraries/MathLib.sol";

/// @title Reader
/// @notice Whole lines, and many of them, in one call. It derives what a line owes by the vault's own libraries.
contract Reader is IReader {
    using ChargesLib for Line;
    using LineLib for Line;
    using MathLib for uint256;

    /// @dev Gas for the three questions to an oracle. One with four feeds that all use up what they may needs about as much.
    uint256 private constant ORACLE_GAS = 1_500_000;

    /// @inheritdoc IReader
    ICreditVault public immutable vault;

    ICreditLineNFT private immutable _nft;

    constructor(ICreditVault vault_) {
        vault = vault_;
        _nft = vault_.nft();
    }

    // ---------------------------------------------------------------- many lines

    /// @inheritdoc IReader
    function lines(uint256[] calldata ids) external view returns (Reading[] memory readings) {
        readings = new Reading[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            readings[i] = _reading(ids[i]);
        }
    }

    /// @inheritdoc IReader
    function linesBetween(uint256 first, uint256 last) external view returns (Reading[] memory readings) {
        first = first.max(1);
        readings = new Reading[]((last.min(vault.lineCount()) + 1).zeroFloorSub(first));
        for (uint256 i = 0; i < readings.length; ++i) {
            readings[i] = _reading(first + i);
        }
    }

    function _reading(uint256 id) private view returns (Reading memory reading) {
        // audit: calls-loop: each line is a call of its own, so that one that fails ends there
        // slither-disable-next-line calls-loop
        try this.line(id) returns (LineView memory found) {
            (reading.success, reading.line) = (true, found);
        } catch (bytes memory reason) {
            reading.reason = reason;
        }
    }

    // ---------------------------------------------------------------- one line

    /// @inheritdoc IReader
    function line(uint256 id) external view returns (LineView memory found) {
        found.id = id;
        found.borrower = vault.borrowerOf(id);
        found.holder = _holderOf(id);
        found.terms = vault.terms(id);
        found.market = vault.market(found.terms.marketId);
        found.stored = vault.stored(id);

        Line memory line_ = LineLib.fromStored(id, found.terms, found.stored);
        line_.advance(block.timestamp);
        found.present = line_.toStored();
        found.status = line_.statusOf();
        (found.due, found.debt) = (line_.dueUp(), line_.debtUp());
        uint256 nextDueAt = line_.unpaidFrom();
        found.nextDueAt = nextDueAt == ChargesLib.NEVER ? 0 : nextDueAt;
        found.windowEndsAt = line_.terms.windowEndsAt();
        found.maturesAt = line_.terms.maturesAt();
        found.prices = _pricesOf(found.market.oracle);
        found.health = _healthOf(line_, found.prices.measuringE36);
        found.liquidatable = found.health.unhealthy || found.status == Status.DEFAULT;
    }

    function _holderOf(uint256 id) private view returns (address) {
        try _nft.ownerOf(id) returns (address owner) {
            return owner;
        } catch {
            return address(0);
        }
    }

    function _healthOf(Line memory line_, uint256 priceE36) private pure returns (Health memory health) {
        health.known = line_.collateral == 0 || priceE36 > 0;
        if (!health.known) return health;
        uint256 debt = line_.debtUp();
        health.value = HealthLib.valueDown(line_.collateral, priceE36);
        health.unhealthy = HealthLib.exceedsLtv(debt, health.value, line_.terms.liquidationLtvBps());
        health.excess = HealthLib.excessUp(debt, health.value, line_.terms);
        if (debt > 0) health.ltvBps = health.value > 0 ? debt.mulDivUp(BPS, health.value) : type(uint256).max;
    }

    // ---------------------------------------------------------------- prices

    /// @inheritdoc IReader
    function pricesOf(IOracleAdapter oracle) external view returns (Prices memory prices) {
        (prices.reason, prices.feed) = oracle.assess();
        if (prices.reason == IOracleAdapter.Reason.OK) {
            prices.feed = address(0);
            (prices.riskE36, prices.deviationBps) = oracle.riskPrice();
        }
        try oracle.measuringPrice() returns (uint256 priceE36) {
            prices.measuringE36 = priceE36;
        } catch {
            prices.measuringE36 = 0;
        }
    }

    /// @dev Through a call to itself, so that whatever the oracle does ends there. What it returns is of fixed size.
    function _pricesOf(address oracle) private view returns (Prices memory prices) {
        uint256 needed = ORACLE_GAS * 64 / 63 + 10_000;
        require(gasleft() >= needed, ErrorsLib.TooLittleGas(gasleft(), needed));
        try this.pricesOf{gas: ORACLE_GAS}(IOracleAdapter(oracle)) returns (Prices memory found) {
            return found;
        } catch {
            (prices.reason, prices.feed) = (IOracleAdapter.Reason.UNREADABLE, oracle);
        }
    }
}
