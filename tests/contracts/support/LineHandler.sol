// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

import {CreditVault} from "contracts/CreditVault.sol";
import {ICreditLineNFT} from "contracts/interfaces/ICreditLineNFT.sol";
import {Need, Offer, Repayment, StoredState} from "contracts/interfaces/ICreditVault.sol";
import {From, Kind, Mandate} from "contracts/interfaces/IRepayTrigger.sol";
import {FLAG_CLOSED, FLAG_WRITTEN_OFF} from "contracts/libraries/ConstantsLib.sol";
import {EventsLib} from "contracts/libraries/EventsLib.sol";
import {LocalFeed} from "contracts/local/LocalFeed.sol";
import {LocalToken} from "contracts/local/LocalToken.sol";
import {OracleAdapter} from "contracts/oracle/OracleAdapter.sol";
import {RepayTrigger} from "contracts/trigger/RepayTrigger.sol";

import {ChargesHarness} from "./ChargesHarness.sol";

/// @notice People who open, use, neglect and liquidate lines while time passes and prices move. Every action is watched: what
/// it may not do is recorded in `violation`, and what it did in sums that a line's state must agree with.
contract LineHandler is Test {
    uint256 internal constant MAX_LINES = 12;
    uint256 internal constant MAX_LIVE_LINES = 3;

    CreditVault internal vault;
    RepayTrigger internal trigger;
    OracleAdapter internal oracle;
    LocalToken internal usdc;
    LocalToken internal weth;
    LocalFeed internal base;
    LocalFeed internal cross;
    address internal guardian;
    address internal feedOwner = msg.sender;
    ChargesHarness internal charges = ChargesHarness(deployCode("ChargesHarness.sol"));

    address[3] internal lenders;
    uint256[3] internal lenderKeys;
    address[3] internal borrowers;
    uint256[3] internal borrowerKeys;
    address internal liquidator = makeAddr("liquidator");

    /// @notice The first thing that happened and may not.
    string public violation;

    /// @notice How often each kind of action went through.
    mapping(bytes32 action => uint256 count) public done;

    /// @notice What went through a line, in loan base units.
    struct Sums {
        uint256 filled;
        uint256 drawn;
        uint256 repaid;
        uint256 claimed;
    }

    mapping(uint256 id => Sums) public sums;

    /// @dev The last stored state, accrued again at every step of time: a line that is poked all the time.
    mapping(uint256 id => StoredState) internal poked;

    mapping(uint256 id => Mandate) internal mandates;

    /// @dev A line before an action.
    struct Before {
        bytes32 stateHash;
        uint256 debt;
        bool healthy;
        StoredState state;
    }

    constructor(
        CreditVault vault_,
        RepayTrigger trigger_,
        OracleAdapter oracle_,
        LocalToken[2] memory tokens,
        LocalFeed[2] memory feeds,
        address guardian_
    ) {
        (vault, trigger, oracle, guardian) = (vault_, trigger_, oracle_, guardian_);
        (usdc, weth, base, cross) = (tokens[0], tokens[1], feeds[0], feeds[1]);
        for (uint256 i = 0; i < 3; ++i) {
            (lenders[i], lenderKeys[i]) = makeAddrAndKey(string.concat("lender", vm.toString(i)));
            (borrowers[i], borrowerKeys[i]) = makeAddrAndKey(string.concat("borrower", vm.toString(i)));
            fund(lenders[i]);
            fund(borrowers[i]);
            vm.startPrank(borrowers[i]);
            vault.setOperator(address(trigger), true);
            usdc.approve(address(trigger), type(uint256).max);
            vm.stopPrank();
        }
        fund(liquidator);
    }

    function fund(address account) internal {
        usdc.mint(account, 1e9 * 1e6);
        weth.mint(account, 1e6 * 1e18);
        vm.startPrank(account);
        usdc.approve(address(vault), type(uint256).max);
        weth.approve(address(vault), type(uint256).max);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------- the world

    /// @dev Up to two days; one time in eight up to twenty.
    function passTime(uint256 seed) external {
        skip(1 + roll(seed, "time", roll(seed, "long", 8) == 0 ? 20 days : 2 days));
        (, int256 answer,,,) = base.latestRoundData();
        if (answer == 0) answer = 2000e8;
        pushPrices(answer, answer);
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            poked[id] = charges.advance(vault.terms(id), poked[id], vm.getBlockTimestamp());
        }
    }

    /// @dev Anywhere between 500 and 3,000 dollars, with the second source up to 4 % off; one time in sixteen the first dies.
    function movePrice(uint256 seed) external {
        int256 answer = int256(500e8 + roll(seed, "price", 2500e8));
        int256 other = answer * int256(960 + roll(seed, "apart", 81)) / 1000;
        pushPrices(roll(seed, "dies", 16) == 0 ? int256(0) : answer, other);
    }

    function pushPrices(int256 first, int256 second) internal {
        vm.startPrank(feedOwner);
        base.push(first, vm.getBlockTimestamp());
        cross.push(second, vm.getBlockTimestamp());
        vm.stopPrank();
    }

    /// @dev What a borrower lets the trigger take from its wallet: nothing, little, or all.
    function allow(uint256 seed) external {
        uint256[3] memory allowances = [uint256(0), 100e6, type(uint256).max];
        vm.prank(borrowers[roll(seed, "borrower", 3)]);
        usdc.approve(address(trigger), allowances[roll(seed, "allowance", 3)]);
    }

    function stopOrResume(uint256 seed) external {
        bool stops = roll(seed, "stop", 5) == 0;
        vm.prank(guardian);
        if (stops) try vault.stop() {} catch {} else try vault.resume() {} catch {}
    }

    // ---------------------------------------------------------------- actions

    function open(uint256 seed, uint96 amount) external {
        if (vault.lineCount() >= MAX_LINES || liveLines().length >= MAX_LIVE_LINES) return;
        uint256 who = roll(seed, "borrower", 3);
        uint256 from = roll(seed, "lender", 3);
        Offer memory offer = someOffer(seed, lenders[from]);
        amount = uint96(bound(amount, 100e6, offer.limit));
        uint256 id = vault.lineCount() + 1;
        Before[] memory before = watch();
        bytes memory signature = signBy(lenderKeys[from], vault.offerDigest(offer));
        vm.prank(borrowers[who]);
        try vault.open(offer, signature, amount, borrowers[who]) {
            sums[id].filled = amount;
            poked[id] = vault.stored(id);
            // Enough collateral to draw against, so that most of what follows is not refused.
            vm.prank(borrowers[who]);
            vault.deposit(id, 20e18);
            poked[id] = vault.stored(id);
            grantMandate(id, who, seed);
            unchanged(before, 0);
            ++done["open"];
        } catch {}
    }

    function deposit(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 1, 10e18));
        act(id, liquidator, abi.encodeCall(vault.deposit, (id, amount)), "deposit");
    }

    function withdraw(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 1, 10e18));
        act(id, borrowerOf(id), abi.encodeCall(vault.withdraw, (id, amount, borrowerOf(id))), "withdraw");
    }

    function depositReserve(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 1, 2000e6));
        act(id, borrowerOf(id), abi.encodeCall(vault.depositReserve, (id, amount)), "depositReserve");
    }

    function withdrawReserve(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 1, 1000e6));
        act(id, borrowerOf(id), abi.encodeCall(vault.withdrawReserve, (id, amount, borrowerOf(id))), "withdrawReserve");
    }

    function draw(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 100e6, 15_000e6));
        act(id, borrowerOf(id), abi.encodeCall(vault.draw, (id, amount, borrowerOf(id))), "draw");
    }

    function repay(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 1, 8000e6));
        act(id, liquidator, abi.encodeCall(vault.repay, (id, amount)), "repay");
    }

    function repayDue(uint256 which) external {
        uint256 id = pick(which);
        if (id == 0) return;
        (uint256 due,) = vault.owed(id);
        act(id, borrowerOf(id), abi.encodeCall(vault.repay, (id, uint96(due))), "repayDue");
    }

    function repayFromReserve(uint256 which, uint96 amount, uint16 feeBps) external {
        uint256 id = pick(which);
        feeBps = uint16(bound(feeBps, 0, 100));
        amount = uint96(bound(amount, 1, 2000e6));
        bytes memory call_ = abi.encodeCall(vault.repayFromReserve, (id, someRepayment(which, amount, feeBps)));
        act(id, borrowerOf(id), call_, "repayFromReserve");
    }

    function repayInKind(uint256 which, uint96 amount, uint16 feeBps) external {
        uint256 id = pick(which);
        feeBps = uint16(bound(feeBps, 0, 100));
        bytes memory call_ = abi.encodeCall(vault.repayInKind, (id, someRepayment(which, amount, feeBps)));
        act(id, borrowerOf(id), call_, "repayInKind");
    }

    /// @dev For an amount, a bill or an excess; now and then with a tight bound on what it may cost.
    function someRepayment(uint256 seed, uint96 amount, uint16 feeBps) internal view returns (Repayment memory) {
        Need need = Need(roll(seed, "need", 3));
        uint96 maxSpent = roll(seed, "bound", 4) == 0 ? amount : type(uint96).max;
        return Repayment(need, uint16(roll(seed, "threshold", 8000)), amount, maxSpent, feeBps, liquidator);
    }

    function liquidate(uint256 which, uint96 amount) external {
        uint256 id = pick(which);
        amount = uint96(bound(amount, 0, 60_000e6));
        act(id, liquidator, abi.encodeCall(vault.liquidate, (id, amount, 0, liquidator)), "liquidate");
    }

    function terminate(uint256 which) external {
        uint256 id = pick(which);
        act(id, liquidator, abi.encodeCall(vault.terminate, (id)), "terminate");
    }

    function close(uint256 which) external {
        uint256 id = pick(which);
        if (roll(which, "close", 6) != 0) return;
        act(id, borrowerOf(id), abi.encodeCall(vault.close, (id, borrowerOf(id))), "close");
    }

    function claim(uint256 which, bool loan) external {
        uint256 id = pick(which);
        address holder = holderOf(id);
        address token = loan ? address(usdc) : address(weth);
        act(id, holder, abi.encodeCall(vault.claim, (id, token, holder)), "claim");
    }

    function giveNoteAway(uint256 which, uint256 to) external {
        uint256 id = pick(which);
        address holder = holderOf(id);
        if (holder == address(0)) return;
        ICreditLineNFT nft = vault.nft();
        vm.prank(holder);
        nft.transferFrom(holder, lenders[to % 3], id);
    }

    function fire(uint256 which) external {
        uint256 id = pick(which);
        if (id == 0) return;
        Before[] memory before = watch();
        vm.recordLogs();
        vm.prank(liquidator);
        try trigger.fire(mandates[id], liquidator) {
            judge(id, before, "fire");
        } catch {}
    }

    // ---------------------------------------------------------------- watching

    function act(uint256 id, address who, bytes memory call_, bytes32 name) internal {
        if (id == 0 || who == address(0)) return;
        Before[] memory before = watch();
        vm.recordLogs();
        vm.prank(who);
        (bool success,) = address(vault).call(call_);
        if (success) judge(id, before, name);
    }

    function watch() internal view returns (Before[] memory before) {
        before = new Before[](vault.lineCount() + 1);
        for (uint256 id = 1; id < before.length; ++id) {
            (, uint256 debt) = vault.owed(id);
            before[id] = Before(vault.stateHash(id), debt, isHealthy(id), vault.stored(id));
        }
    }

    /// @dev Invariants 10 and 11, by what the action did and what it said it did.
    function judge(uint256 id, Before[] memory before, bytes32 name) internal {
        ++done[name];
        unchanged(before, id);
        StoredState memory state = vault.stored(id);
        poked[id] = state;
        bool toppedUp = name == "fire" && mandates[id].source == From.TOP_UP && state.seq == before[id].state.seq + 2;
        expect(toppedUp || state.seq == before[id].state.seq + 1, "an action that is not one step of seq");
        expect(usdc.balanceOf(address(trigger)) == 0, "the trigger kept what it took");
        expect(!before[id].healthy || isHealthy(id), "10: an action made a healthy line unhealthy");

        (uint256 repaid, uint256 writtenOff) = count(id);
        (, uint256 debt) = vault.owed(id);
        uint256 drawn = name == "draw" ? state.principal - before[id].state.principal : 0;
        expect(before[id].debt + drawn == debt + repaid + writtenOff, "11: debt moved by something else");

        bool mayTake = name == "withdraw" || name == "close" || name == "liquidate" || name == "repayInKind";
        if (name == "fire") mayTake = mandates[id].source == From.COLLATERAL;
        expect(mayTake || state.collateral >= before[id].state.collateral, "11: collateral left by something else");
        expect(vault.stateHash(id) != before[id].stateHash, "an action that left no trace");
    }

    function unchanged(Before[] memory before, uint256 except) internal {
        for (uint256 id = 1; id < before.length; ++id) {
            bool same = id == except || vault.stateHash(id) == before[id].stateHash;
            expect(same, "10: an action on one line changed another");
        }
    }

    /// @dev Adds what the action's events say to the sums of the line.
    function count(uint256 id) internal returns (uint256 repaid, uint256 writtenOff) {
        Vm.Log[] memory logs_ = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs_.length; ++i) {
            bytes32 topic = logs_[i].topics[0];
            if (topic == EventsLib.Repaid.selector) {
                (uint8 source, uint96 toCharges, uint96 principal) = abi.decode(logs_[i].data, (uint8, uint96, uint96));
                repaid += uint256(toCharges) + principal;
                // What is paid in kind is claimed in kind.
                if (source != 2) sums[id].repaid += uint256(toCharges) + principal;
            }
            if (topic == EventsLib.WrittenOff.selector) {
                (uint96 principal, uint256 lost) = abi.decode(logs_[i].data, (uint96, uint256));
                writtenOff = principal + lost;
            }
            if (topic == EventsLib.Drawn.selector) sums[id].drawn += abi.decode(logs_[i].data, (uint96));
            bool claimsLoan =
                topic == EventsLib.Claimed.selector && logs_[i].topics[2] == bytes32(uint256(uint160(address(usdc))));
            if (claimsLoan) sums[id].claimed += abi.decode(logs_[i].data, (uint96));
        }
    }

    function expect(bool holds, string memory what) internal {
        if (!holds && bytes(violation).length == 0) violation = what;
    }

    function pokedState(uint256 id) external view returns (StoredState memory) {
        return poked[id];
    }

    // ---------------------------------------------------------------- leaving

    /// @notice Invariant 12: with the feeds dead and the guardian stopping, everybody pays, leaves and claims.
    function everybodyLeaves() external {
        pushPrices(0, 0);
        vm.prank(guardian);
        try vault.stop() {} catch {}
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            if (vault.stored(id).flags & (FLAG_CLOSED | FLAG_WRITTEN_OFF) == 0) {
                address borrower = vault.borrowerOf(id);
                vm.prank(borrower);
                vault.close(id, borrower);
            }
            claimAll(id, address(usdc));
            claimAll(id, address(weth));
            expect(holderOf(id) == address(0), "a note outlived its last claim");
        }
    }

    function claimAll(uint256 id, address token) internal {
        StoredState memory state = vault.stored(id);
        if ((token == address(usdc) ? state.claimLoan : state.claimCollateral) == 0) return;
        address holder = holderOf(id);
        vm.prank(holder);
        vault.claim(id, token, holder);
    }

    // ---------------------------------------------------------------- support

    function pick(uint256 which) internal view returns (uint256) {
        uint256[] memory live = liveLines();
        uint256 lines = vault.lineCount();
        if (lines == 0) return 0;
        return live.length == 0 || roll(which, "any", 10) == 0 ? 1 + which % lines : live[which % live.length];
    }

    function liveLines() internal view returns (uint256[] memory live) {
        live = new uint256[](MAX_LINES);
        uint256 found;
        for (uint256 id = 1; id <= vault.lineCount(); ++id) {
            if (vault.stored(id).flags & (FLAG_CLOSED | FLAG_WRITTEN_OFF) == 0) live[found++] = id;
        }
        assembly ("memory-safe") {
            mstore(live, found)
        }
    }

    /// @dev One of `sides`, evenly: the fuzzer's own numbers are mostly small or of a pattern.
    function roll(uint256 seed, string memory what, uint256 sides) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % sides;
    }

    function borrowerOf(uint256 id) internal view returns (address) {
        return id == 0 ? address(0) : vault.borrowerOf(id);
    }

    function holderOf(uint256 id) internal view returns (address holder) {
        if (id == 0) return address(0);
        try vault.nft().ownerOf(id) returns (address owner) {
            return owner;
        } catch {}
    }

    function isHealthy(uint256 id) internal view returns (bool) {
        try vault.health(id) returns (uint256 debt, uint256 value) {
            return debt * 1e4 <= vault.terms(id).liquidationLtvBps * value;
        } catch {
            return false;
        }
    }

    function someOffer(uint256 seed, address lender) internal view returns (Offer memory offer) {
        offer.lender = lender;
        (offer.loanToken, offer.collateralToken, offer.oracle) = (address(usdc), address(weth), address(oracle));
        (offer.limit, offer.groupCap) = (50_000e6, type(uint96).max);
        offer.minCollateral = 5e18;
        offer.aprBps = uint16(roll(seed, "apr", 5001));
        offer.originationBps = 100;
        offer.commitmentBps = uint16(roll(seed, "commitment", 501));
        offer.penaltyBps = uint16(roll(seed, "penalty", 5001));
        (offer.initialLtvBps, offer.liquidationLtvBps, offer.bonusBps) = (6000, 7500, 800);
        (offer.inKindLtvBps, offer.inKindDiscountBps) = (6500, 500);
        offer.amortBps = uint16(roll(seed, "amort", 3) * 1500);
        (offer.periodHours, offer.graceHours) = (240, 48);
        offer.drawWindowHours = uint16(720 + roll(seed, "window", 2) * 1000);
        offer.termHours = 2400;
        offer.expiry = uint40(vm.getBlockTimestamp());
    }

    /// @dev One mandate for each line: kinds DUE and LTV, from every source.
    function grantMandate(uint256 id, uint256 who, uint256 seed) internal {
        Mandate memory mandate;
        mandate.lineId = id;
        mandate.kind = roll(seed, "kind", 2) == 0 ? Kind.DUE : Kind.LTV;
        mandate.source = From(roll(seed, "source", 3));
        if (mandate.kind == Kind.LTV) mandate.thresholdBps = 6400;
        (mandate.feeBps, mandate.periodHours) = (50, 24);
        mandate.capPerPeriod = mandate.source == From.COLLATERAL ? 3e18 : 500e6;
        (mandate.expiry, mandate.nonce) = (type(uint40).max, id);
        trigger.register(mandate, signBy(borrowerKeys[who], trigger.mandateDigest(mandate)));
        mandates[id] = mandate;
    }

    function signBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
