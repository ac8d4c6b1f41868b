// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {ICreditVault, Need, Repayment} from "../interfaces/ICreditVault.sol";
import {IOracleAdapter} from "../interfaces/IOracleAdapter.sol";
import {From, IRepayTrigger, Kind, Mandate, MandateState} from "../interfaces/IRepayTrigger.sol";
import {BPS, FIRING_GAS} from "../libraries/ConstantsLib.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {EventsLib} from "../libraries/EventsLib.sol";
import {FeedLib} from "../libraries/FeedLib.sol";
import {HealthLib} from "../libraries/HealthLib.sol";
import {MandateLib} from "../libraries/MandateLib.sol";
import {MathLib} from "../libraries/MathLib.sol";

/// @title RepayTrigger
/// @notice Fires borrowers' mandates. It holds no money and is no more than an operator that a borrower may grant and revoke.
///
/// - Anyone may fire. Nothing of what a caller says is believed: the mandate was signed, and the need is derived here.
/// - A firing pays min(need, what the period's cap leaves). Its period closes when the need is met or the cap is spent, so
///   nobody can use a period up with one unit; and what was fired once is not fired again before it is needed again.
/// - The vault bounds the payment once more: by the debt, by what is there, in kind by the lender's terms.
/// - A firing that fails stores nothing. In a batch it holds nobody up: each is called on its own, with enough gas or not at all.
/// - Revoking burns the nonce, whether a mandate was registered under it or not.
contract RepayTrigger is IRepayTrigger, EIP712, ReentrancyGuardTransient {
    using MandateLib for Mandate;
    using MandateLib for MandateState;
    using MathLib for uint256;
    using SafeCast for uint256;
    using SafeCast for int256;
    using SafeERC20 for IERC20;

    /// @dev What is left of the gas for the batch itself, between two firings and after the last.
    uint256 private constant BATCH_GAS = 50_000;

    /// @dev What of a failed firing's reason is kept: enough for a custom error of seven words.
    uint256 private constant REASON_SIZE = 256;

    /// @dev In a batch: where the array starts, and where its items do.
    uint256 private constant BATCH_START = 32;
    uint256 private constant BATCH_HEAD = 64;

    /// @dev Stands where a mandate's hash would: this nonce was burned.
    bytes32 private constant BURNED = bytes32(uint256(1));

    /// @dev A SHARE mandate's account. `carry` is exact, over `unit`: one loan base unit of the share in the feed's resolution.
    /// `perAnswer` is what one unit of the feed's answer adds to it.
    struct Share {
        uint256 mark;
        uint256 carry;
        uint128 unit;
        uint128 perAnswer;
    }

    // ---------------------------------------------------------------- storage

    /// @inheritdoc IRepayTrigger
    ICreditVault public immutable vault;

    /// @dev `MandateState`, packed by `MandateLib`.
    mapping(bytes32 mandateHash => uint256 packed) private _states;
    mapping(bytes32 mandateHash => Share) private _shares;
    mapping(address borrower => mapping(uint256 nonce => bytes32 mandateHash)) private _mandateOf;

    /// @dev What a batch calls on its own behalf, under the guard that it holds.
    modifier onlySelf() {
        require(msg.sender == address(this), ErrorsLib.NotSelf(msg.sender));
        _;
    }

    constructor(ICreditVault vault_) EIP712("Covenant Repay Trigger", "1") {
        require(address(vault_) != address(0), ErrorsLib.ZeroAddress());
        vault = vault_;
    }

    // ---------------------------------------------------------------- register and revoke

    /// @inheritdoc IRepayTrigger
    function hashMandate(Mandate calldata mandate) external pure returns (bytes32) {
        return mandate.hash();
    }

    /// @inheritdoc IRepayTrigger
    function mandateDigest(Mandate calldata mandate) external view returns (bytes32) {
        return _hashTypedDataV4(mandate.hash());
    }

    /// @inheritdoc IRepayTrigger
    function register(Mandate calldata mandate, bytes calldata signature) external returns (bytes32 mandateHash) {
        mandate.check();
        mandateHash = mandate.hash();
        require(block.timestamp <= mandate.expiry, ErrorsLib.MandateOver(mandateHash, mandate.expiry));
        address borrower = vault.borrowerOf(mandate.lineId);
        bytes32 taken = _mandateOf[borrower][mandate.nonce];
        require(taken != BURNED, ErrorsLib.NonceBurned(borrower, mandate.nonce));
        require(taken == 0, ErrorsLib.NonceUsed(borrower, mandate.nonce, taken));
        require(
            SignatureChecker.isValidSignatureNowCalldata(borrower, _hashTypedDataV4(mandateHash), signature),
            ErrorsLib.BadSignature(borrower)
        );

        _mandateOf[borrower][mandate.nonce] = mandateHash;
        _states[mandateHash] = MandateLib.registered(block.timestamp.toUint32());
        if (mandate.kind == Kind.SHARE) _shares[mandateHash] = _openShare(mandate);
        emit EventsLib.MandateRegistered(mandateHash, mandate.lineId, borrower, mandate);
    }

    /// @inheritdoc IRepayTrigger
    function revoke(uint256 nonce) external {
        bytes32 mandateHash = _mandateOf[msg.sender][nonce];
        require(mandateHash != BURNED, ErrorsLib.NonceBurned(msg.sender, nonce));
        _mandateOf[msg.sender][nonce] = BURNED;
        if (mandateHash != 0) _states[mandateHash] = MandateLib.revoked(_states[mandateHash]);
        emit EventsLib.MandateRevoked(msg.sender, nonce, mandateHash);
    }

    // ---------------------------------------------------------------- fire

    /// @inheritdoc IRepayTrigger
    function fire(Mandate calldata mandate, address keeper) external nonReentrant returns (uint96 paid, uint96 spent) {
        return _fire(mandate, keeper);
    }

    function _fire(Mandate calldata mandate, address keeper) private returns (uint96 paid, uint96 spent) {
        bytes32 mandateHash = mandate.hash();
        MandateState memory state = MandateLib.unpack(_states[mandateHash]);
        _requireOpen(mandate, mandateHash, state);
        uint96 capLeft = mandate.capPerPeriod - state.spent;
        (Need need, uint96 amount) = _need(mandate, mandateHash);
        Repayment memory repayment = Repayment(need, mandate.thresholdBps, amount, capLeft, mandate.feeBps, keeper);
        uint96 needed = 0;
        // audit: reentrancy-no-eth: what is stored depends on what was paid; the guard holds, and the vault calls back nobody
        // audit: reentrancy-events: the event says what was paid; nothing can come between under the guard
        // slither-disable-next-line reentrancy-no-eth,reentrancy-events
        (needed, paid, spent) = _pay(mandate, repayment);

        uint32 occurrence = state.fires++;
        state.spent += spent;
        state.closed = paid == needed || spent == capLeft;
        _states[mandateHash] = state.pack();
        if (mandate.kind == Kind.SHARE) _shares[mandateHash].carry -= uint256(paid) * _shares[mandateHash].unit;
        emit EventsLib.Fired(mandateHash, mandate.lineId, keeper, occurrence, state.period, paid, spent, state.closed);
    }

    /// @dev Refuses a mandate that may not fire now; else brings its state to the present period.
    function _requireOpen(Mandate calldata mandate, bytes32 mandateHash, MandateState memory state) private view {
        require(state.registeredAt != 0, ErrorsLib.MandateUnknown(mandateHash));
        require(!state.revoked, ErrorsLib.MandateIsRevoked(mandateHash));
        require(block.timestamp <= mandate.expiry, ErrorsLib.MandateOver(mandateHash, mandate.expiry));
        uint256 period = (block.timestamp - state.registeredAt) / (uint256(mandate.periodHours) * 1 hours);
        if (period != state.period) (state.period, state.spent, state.closed) = (period.toUint32(), 0, false);
        require(!state.closed, ErrorsLib.PeriodClosed(mandateHash, period));
    }

    // ---------------------------------------------------------------- what is needed, and from where

    /// @dev What the mandate asks the vault for. The vault derives bills and excesses; what a feed calls for is derived here.
    function _need(Mandate calldata mandate, bytes32 mandateHash) private returns (Need, uint96 amount) {
        Kind kind = mandate.kind;
        if (kind == Kind.DUE) return (Need.BILL, 0);
        if (kind == Kind.LTV) return (Need.EXCESS, 0);
        amount = kind == Kind.LEVEL ? _levelAmount(mandate) : _countShare(mandate, mandateHash);
        require(amount > 0, ErrorsLib.NotTriggered(mandateHash));
        return (Need.AMOUNT, amount);
    }

    /// @dev The mandate's amount, while the feed is strictly beyond the level.
    function _levelAmount(Mandate calldata mandate) private view returns (uint96) {
        int256 answer = _answer(mandate.feed);
        bool beyond = mandate.above ? answer > mandate.level : answer < mandate.level;
        return beyond ? mandate.amount : 0;
    }

    function _pay(Mandate calldata mandate, Repayment memory repayment)
        private
        returns (uint96 needed, uint96 paid, uint96 spent)
    {
        uint96 fee;
        if (mandate.source == From.COLLATERAL) {
            uint96 seized;
            (needed, paid, seized, fee) = vault.repayInKind(mandate.lineId, repayment);
            return (needed, paid, seized + fee);
        }
        if (mandate.source == From.TOP_UP) _topUp(mandate.lineId, repayment);
        (needed, paid, fee) = vault.repayFromReserve(mandate.lineId, repayment);
        return (needed, paid, paid + fee);
    }

    /// @dev Moves into the reserve what it lacks for the payment and its fee, as far as the borrower's allowance and balance go.
    /// It was granted to this contract, which forwards it in the same call and holds nothing after it.
    ///
    /// The vault then pays just that payment. If something was given, the reserve holds the payment with its fee, and one unit
    /// more would not fit; if nothing was, the reserve had as much already. So no unit is taken that is not spent.
    function _topUp(uint256 lineId, Repayment memory repayment) private {
        uint256 needed = vault.neededOf(lineId, repayment);
        uint256 reserve = vault.stored(lineId).reserve;
        IERC20 token = IERC20(_loanTokenOf(lineId));
        address borrower = vault.borrowerOf(lineId);
        uint256 offered = token.allowance(borrower, address(this)).min(token.balanceOf(borrower));
        // What a token says may be anything: it is bounded before it is added to.
        uint256 budget = (reserve + offered.min(repayment.maxSpent)).min(repayment.maxSpent);
        uint256 payment = HealthLib.largestPayment(budget, repayment.feeBps).min(needed);
        uint256 spent = payment + HealthLib.keeperFeeDown(payment, repayment.feeBps);
        uint256 given = spent.zeroFloorSub(reserve);
        if (given == 0) return;
        // audit: arbitrary-send-erc20: the borrower signed the mandate, and granted the allowance to this contract
        // slither-disable-next-line arbitrary-send-erc20
        token.safeTransferFrom(borrower, address(this), given);
        token.forceApprove(address(vault), given);
        vault.depositReserve(lineId, given.toUint96());
    }

    function _loanTokenOf(uint256 lineId) private view returns (address) {
        return vault.market(vault.terms(lineId).marketId).loanToken;
    }

    // ---------------------------------------------------------------- shares of revenue

    /// @dev The account of a new SHARE mandate: revenue counts from here.
    function _openShare(Mandate calldata mandate) private view returns (Share memory share) {
        uint256 loanDecimals = IERC20Metadata(_loanTokenOf(mandate.lineId)).decimals();
        uint256 feedDecimals = IAggregatorV3(mandate.feed).decimals();
        require(feedDecimals <= 18, ErrorsLib.BadFeed(mandate.feed));
        share.mark = _answerFloored(mandate.feed);
        share.unit = (BPS * 10 ** feedDecimals).toUint128();
        share.perAnswer = (mandate.shareBps * 10 ** loanDecimals).toUint128();
    }

    /// @dev Counts what came in since the mark, and says how many whole units are owed with it; the debt bounds them in the
    /// vault. A feed that falls is waited for: the mark never goes back.
    function _countShare(Mandate calldata mandate, bytes32 mandateHash) private returns (uint96) {
        Share memory share = _shares[mandateHash];
        uint256 answer = _answerFloored(mandate.feed);
        if (answer > share.mark) {
            share.carry += (answer - share.mark) * share.perAnswer;
            share.mark = answer;
            _shares[mandateHash] = share;
        }
        return (share.carry / share.unit).min(type(uint96).max).toUint96();
    }

    function _answerFloored(address feed) private view returns (uint256) {
        int256 answer = _answer(feed);
        return answer > 0 ? answer.toUint256() : 0;
    }

    /// @dev The feed was chosen by the borrower, who alone is bound by it; it must have answered once.
    function _answer(address feed) private view returns (int256) {
        // audit: unused-return: an answer is dated by its update
        // slither-disable-next-line unused-return
        (bool readable, int256 answer,, uint256 updatedAt) = FeedLib.latestRound(feed);
        require(readable, ErrorsLib.PriceUnavailable(IOracleAdapter.Reason.UNREADABLE, feed));
        bool dated = updatedAt > 0 && updatedAt <= block.timestamp;
        require(dated, ErrorsLib.PriceUnavailable(IOracleAdapter.Reason.STALE, feed));
        return answer;
    }

    // ---------------------------------------------------------------- upkeep

    /// @inheritdoc IRepayTrigger
    function checkUpkeep(bytes calldata checkData)
        external
        nonReentrant
        returns (bool upkeepNeeded, bytes memory performData)
    {
        uint256 count = _countOf(checkData);
        uint256 firing = 0;
        bytes memory wanted = "";
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata item = _itemOf(checkData, i);
            (, bytes memory reason) = _callSelf(bytes.concat(this.probe.selector, item));
            if (bytes4(reason) != ErrorsLib.WouldFire.selector) continue;
            wanted = bytes.concat(wanted, item);
            ++firing;
        }
        return (firing > 0, abi.encodePacked(BATCH_START, firing, wanted));
    }

    /// @inheritdoc IRepayTrigger
    function probe(Mandate calldata mandate) external onlySelf {
        _fire(mandate, address(this));
        revert ErrorsLib.WouldFire();
    }

    /// @inheritdoc IRepayTrigger
    function performUpkeep(bytes calldata performData) external nonReentrant {
        uint256 count = _countOf(performData);
        bytes32 keeper = bytes32(uint256(uint160(msg.sender)));
        bool fired = false;
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata item = _itemOf(performData, i);
            (bool success, bytes memory reason) = _callSelf(bytes.concat(this.fireFor.selector, item, keeper));
            if (success) fired = true;
            else emit EventsLib.FiringFailed(MandateLib.hashEncoded(item), uint256(bytes32(item)), reason);
        }
        require(fired, ErrorsLib.NoneFired());
    }

    /// @inheritdoc IRepayTrigger
    function fireFor(Mandate calldata mandate, address keeper) external onlySelf {
        _fire(mandate, keeper);
    }

    /// @dev The length of a batch in the form of abi.encode(Mandate[]). Items are called as they are encoded: to decode them
    /// here, and encode them again, would cost more than to check them.
    function _countOf(bytes calldata batch) private pure returns (uint256 count) {
        count = batch.length < BATCH_HEAD ? 0 : uint256(bytes32(batch[32:BATCH_HEAD]));
        bool wellFormed =
            uint256(bytes32(batch)) == BATCH_START && batch.length == BATCH_HEAD + count * MandateLib.MANDATE_SIZE;
        require(wellFormed, ErrorsLib.BadBatch(batch.length));
    }

    function _itemOf(bytes calldata batch, uint256 index) private pure returns (bytes calldata) {
        uint256 start = BATCH_HEAD + index * MandateLib.MANDATE_SIZE;
        return batch[start:start + MandateLib.MANDATE_SIZE];
    }

    /// @dev Calls this contract with the gas of one firing, or not at all: a caller must not be able to make a firing fail by
    /// starving it. What comes back is cut off at `REASON_SIZE`.
    function _callSelf(bytes memory call_) private returns (bool success, bytes memory reason) {
        uint256 needed = FIRING_GAS * 64 / 63 + BATCH_GAS;
        require(gasleft() >= needed, ErrorsLib.TooLittleGas(gasleft(), needed));
        reason = new bytes(REASON_SIZE);
        // audit: no-inline-assembly: a call in Solidity has no bound on what it copies back
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := call(FIRING_GAS, address(), 0, add(call_, 0x20), mload(call_), add(reason, 0x20), REASON_SIZE)
            if lt(returndatasize(), REASON_SIZE) { mstore(reason, returndatasize()) }
        }
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IRepayTrigger
    function stateOf(bytes32 mandateHash) external view returns (MandateState memory) {
        return MandateLib.unpack(_states[mandateHash]);
    }

    /// @inheritdoc IRepayTrigger
    function shareOf(bytes32 mandateHash) external view returns (uint256 mark, uint256 carry) {
        return (_shares[mandateHash].mark, _shares[mandateHash].carry);
    }

    /// @inheritdoc IRepayTrigger
    function isBurned(address borrower, uint256 nonce) external view returns (bool) {
        return _mandateOf[borrower][nonce] == BURNED;
    }
}
