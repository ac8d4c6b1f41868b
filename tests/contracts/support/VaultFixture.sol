// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Vm.sol";

import {CreditLineNFT} from "contracts/CreditLineNFT.sol";
import {CreditVault} from "contracts/CreditVault.sol";
import {LineTerms, Need, Offer, Repayment, Status, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {INoteDescriptor} from "contracts/interfaces/INoteDescriptor.sol";
import {FeedConfig, OracleConfig} from "contracts/interfaces/IOracleAdapter.sol";
import {CHARGE_DENOMINATOR} from "contracts/libraries/ConstantsLib.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";

import {Creation} from "./Creation.sol";

/// @notice A vault with one market, USDC against WETH at 2,000 dollars, and people with money.
abstract contract VaultFixture is Creation {
    uint256 internal constant START = 1_700_000_000;
    uint256 internal constant PRICE_2000 = 2e27;
    uint96 internal constant LIMIT = 100_000e6;
    uint96 internal constant MIN_DEBT = 100e6;
    uint96 internal constant MIN_COLLATERAL = 50e18;
    uint256 internal constant PERIOD = 720 hours;
    uint256 internal constant GRACE = 72 hours;
    uint256 internal constant WINDOW = 2160 hours;
    uint256 internal constant TERM = 8760 hours;

    LocalToken internal usdc;
    LocalToken internal weth;
    LocalFeed internal feed;
    OracleAdapter internal oracle;
    CreditVault internal vault;
    CreditLineNFT internal nft;
    uint16 internal marketId;

    address internal owner = makeAddr("owner");
    address internal guardian = makeAddr("guardian");
    address internal lender;
    uint256 internal lenderKey;
    address internal borrower;
    uint256 internal borrowerKey;
    address internal liquidator = makeAddr("liquidator");
    address internal keeper = makeAddr("keeper");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(START);
        (lender, lenderKey) = makeAddrAndKey("lender");
        (borrower, borrowerKey) = makeAddrAndKey("borrower");
        usdc = new LocalToken("USD Coin", "USDC", 6);
        weth = new LocalToken("Wrapped Ether", "WETH", 18);
        feed = new LocalFeed(address(this), 8, "ETH / USD");
        setPrice(2000e8);
        oracle = deployOracle(oracleConfig());
        vault = deployVault(owner, guardian, INoteDescriptor(deployCode("NoteDescriptor.sol")));
        nft = CreditLineNFT(address(vault.nft()));
        vm.prank(owner);
        marketId = vault.createMarket(address(usdc), address(weth), address(oracle), MIN_DEBT);
        fund(lender);
        fund(borrower);
        fund(liquidator);
        fund(stranger);
    }

    // ---------------------------------------------------------------- deployment

    /// @dev From the artifacts: `new` would compile a copy of the vault into each test contract.
    function deployVault(address owner_, address guardian_, INoteDescriptor descriptor) internal returns (CreditVault) {
        return CreditVault(deployCode("CreditVault.sol", abi.encode(owner_, guardian_, descriptor)));
    }

    function deployOracle(OracleConfig memory config) internal returns (OracleAdapter) {
        return OracleAdapter(deployCode("OracleAdapter.sol", abi.encode(config)));
    }

    // ---------------------------------------------------------------- money, prices, time

    /// @dev Gives money and lets the vault take it.
    function fund(address account) internal {
        usdc.mint(account, 10_000_000e6);
        weth.mint(account, 10_000e18);
        vm.startPrank(account);
        usdc.approve(address(vault), type(uint256).max);
        weth.approve(address(vault), type(uint256).max);
        vm.stopPrank();
    }

    /// @dev Dollars for one ether, with 8 decimals, as of now.
    function setPrice(int256 answer) internal {
        feed.push(answer, vm.getBlockTimestamp());
    }

    /// @dev Lets time pass while the feed keeps saying the same.
    function pass(uint256 time) internal {
        skip(time);
        (, int256 answer,,,) = feed.latestRoundData();
        setPrice(answer);
    }

    function oracleConfig() internal view returns (OracleConfig memory config) {
        config.loanToken = address(usdc);
        config.collateralToken = address(weth);
        config.base = FeedConfig(address(feed), 1 hours, 5 minutes);
        config.minPriceE36 = 1e25;
        config.maxPriceE36 = 1e30;
    }

    // ---------------------------------------------------------------- offers and lines

    function defaultOffer() internal view virtual returns (Offer memory offer) {
        offer.lender = lender;
        offer.loanToken = address(usdc);
        offer.collateralToken = address(weth);
        offer.oracle = address(oracle);
        offer.limit = LIMIT;
        offer.minCollateral = MIN_COLLATERAL;
        offer.aprBps = 1000;
        offer.originationBps = 50;
        offer.commitmentBps = 100;
        offer.penaltyBps = 500;
        offer.initialLtvBps = 6000;
        offer.liquidationLtvBps = 8000;
        offer.bonusBps = 500;
        offer.inKindLtvBps = 7000;
        offer.inKindDiscountBps = 200;
        offer.amortBps = 1000;
        offer.periodHours = uint16(PERIOD / 1 hours);
        offer.graceHours = uint16(GRACE / 1 hours);
        offer.drawWindowHours = uint16(WINDOW / 1 hours);
        offer.termHours = uint16(TERM / 1 hours);
        offer.expiry = uint40(vm.getBlockTimestamp() + 1 days);
        offer.group = 1;
        offer.groupCap = LIMIT;
    }

    function sign(Offer memory offer) internal view returns (bytes memory) {
        return signBy(lenderKey, vault.offerDigest(offer));
    }

    function signBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function openWith(Offer memory offer) internal returns (uint256 id) {
        return openWith(offer, offer.limit);
    }

    function openWith(Offer memory offer, uint96 amount) internal returns (uint256 id) {
        bytes memory signature = sign(offer);
        vm.prank(borrower);
        return vault.open(offer, signature, amount, borrower);
    }

    function openLine() internal returns (uint256 id) {
        return openWith(defaultOffer());
    }

    /// @dev A line with 50 ether of collateral and `amount` drawn.
    function openDrawn(uint96 amount) internal returns (uint256 id) {
        id = openLine();
        draw(id, amount);
    }

    // ---------------------------------------------------------------- actions by those who may

    function draw(uint256 id, uint96 amount) internal {
        vm.prank(borrower);
        vault.draw(id, amount, borrower);
    }

    function repay(uint256 id, uint96 amount) internal returns (uint96) {
        vm.prank(borrower);
        return vault.repay(id, amount);
    }

    function close(uint256 id) internal returns (uint96) {
        vm.prank(borrower);
        return vault.close(id, borrower);
    }

    function depositReserve(uint256 id, uint96 amount) internal {
        vm.prank(borrower);
        vault.depositReserve(id, amount);
    }

    function liquidate(uint256 id, uint96 maxRepaid) internal returns (uint96 repaid, uint96 seized) {
        vm.prank(liquidator);
        return vault.liquidate(id, maxRepaid, 0, liquidator);
    }

    function claimLoan(uint256 id) internal returns (uint96) {
        vm.prank(lender);
        return vault.claim(id, address(usdc), lender);
    }

    /// @dev A repayment of an amount, out of what the line holds.
    function repaymentOf(uint96 amount, uint96 maxSpent, uint16 feeBps) internal view returns (Repayment memory) {
        return Repayment(Need.AMOUNT, 0, amount, maxSpent, feeBps, keeper);
    }

    /// @dev A repayment of the bill, with as much to spend as it takes.
    function billOf() internal view returns (Repayment memory) {
        return Repayment(Need.BILL, 0, 0, type(uint96).max, 0, keeper);
    }

    /// @dev The same of what exceeds the initial LTV, once debt over value is above `thresholdBps`.
    function excessOf(uint16 thresholdBps) internal view returns (Repayment memory) {
        return Repayment(Need.EXCESS, thresholdBps, 0, type(uint96).max, 0, keeper);
    }

    // ---------------------------------------------------------------- facts

    function debtOf(uint256 id) internal view returns (uint256 debt) {
        (, debt) = vault.owed(id);
    }

    function dueOf(uint256 id) internal view returns (uint256 due) {
        (due,) = vault.owed(id);
    }

    /// @dev The state accrued to now.
    function present(uint256 id) internal view returns (StoredState memory) {
        return vault.projected(id, uint32(vm.getBlockTimestamp()));
    }

    function chargesUp(uint256 numerator) internal pure returns (uint256) {
        return (numerator + CHARGE_DENOMINATOR - 1) / CHARGE_DENOMINATOR;
    }

    function assertStatus(uint256 id, Status expected) internal view {
        assertEq(uint256(vault.status(id)), uint256(expected), "status");
    }

    /// @dev How many of the logs since `vm.recordLogs` have this topic.
    function recordedCount(bytes32 topic) internal returns (uint256 count) {
        Vm.Log[] memory logs_ = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs_.length; ++i) {
            if (logs_[i].topics[0] == topic) ++count;
        }
    }

    /// @dev The data of the one log since `vm.recordLogs` that has this topic.
    function recordedLog(bytes32 topic) internal returns (bytes memory data) {
        Vm.Log[] memory logs_ = vm.getRecordedLogs();
        uint256 count;
        for (uint256 i = 0; i < logs_.length; ++i) {
            if (logs_[i].topics[0] != topic) continue;
            data = logs_[i].data;
            ++count;
        }
        assertEq(count, 1, "one such log");
    }

    /// @dev Invariant 9 for the tokens of the default market: what lines hold in escrow is what the vault has.
    function assertSolvent() internal view {
        (uint256 loan, uint256 collateral) = escrowed();
        assertEq(usdc.balanceOf(address(vault)), loan, "loan token in escrow");
        assertEq(weth.balanceOf(address(vault)), collateral, "collateral token in escrow");
    }

    function escrowed() internal view returns (uint256 loan, uint256 collateral) {
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            StoredState memory state = vault.stored(id);
            loan += uint256(state.undrawn) + state.reserve + state.claimLoan;
            collateral += uint256(state.collateral) + state.claimCollateral;
        }
    }
}
