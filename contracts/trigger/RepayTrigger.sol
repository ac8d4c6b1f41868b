// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {ICreditVault, LineTerms} from "../interfaces/ICreditVault.sol";
import {IOracleAdapter} from "../interfaces/IOracleAdapter.sol";
import {From, IRepayTrigger, Kind, Mandate, MandateState} from "../interfaces/IRepayTrigger.sol";
import {BPS, FIRING_GAS} from "../libraries/ConstantsLib.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {EventsLib} from "../libraries/EventsLib.sol";
import {FeedLib, Round} from "../libraries/FeedLib.sol";
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
    using MathLib for uint256;
    using SafeCast for uint256;
    using SafeCast for int256;

    /// @dev What is left of the gas for the batch itself, between two firings and after the last.
    uint256 private constant BATCH_GAS = 50_000;

    /// @dev What of a failed firing's reason is kept: enough for a custom error of seven words.
    uint256 private constant REASON_SIZE = 256;

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

    mapping(bytes32 mandateHash => MandateState) private _states;
    mapping(bytes32 mandateHash => Share) private _shares;
    mapping(address borrower => mapping(uint256 nonce => bytes32 mandateHash)) private _mandateOf;

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
        _states[mandateHash].registeredAt = block.timestamp.toUint32();
        if (mandate.kind == Kind.SHARE) _shares[mandateHash] = _openShare(mandate);
        emit EventsLib.MandateRegistered(mandateHash, mandate.lineId, borrower, mandate);
    }

    /// @inheritdoc IRepayTrigger
    function revoke(uint256 nonce) external {
        bytes32 mandateHash = _mandateOf[msg.sender][nonce];
        require(mandateHash != BURNED, ErrorsLib.NonceBurned(msg.sender, nonce));
        _mandateOf[msg.sender][nonce] = BURNED;
        if (mandateHash != 0) _states[mandateHash].revoked = true;
        emit EventsLib.MandateRevoked(msg.sender, nonce, mandateHash);
    }

    // ---------------------------------------------------------------- fire

    /// @inheritdoc IRepayTrigger
    function fire(Mandate calldata mandate, address keeper) external nonReentrant returns (uint96 paid, uint96 spent) {
        return _fire(mandate, keeper);
    }

    function _fire(Mandate calldata mandate, address keeper) private returns (uint96 paid, uint96 spent) {
        bytes32 mandateHash = mandate.hash();
        MandateState memory state = _openState(mandate, mandateHash);
        uint96 need = _need(mandate, mandateHash);
        // audit: reentrancy-no-eth: what is stored depends on what was paid; the guard holds, and the vault calls back nobody
        // audit: reentrancy-events: the event says what was paid; nothing can come between under the guard
        // slither-disable-next-line reentrancy-no-eth,reentrancy-events
        (paid, spent) = _pay(mandate, need, mandate.capPerPeriod - state.spent, keeper);

        uint32 occurrence = state.fires++;
        state.spent += spent;
        state.closed = paid == need || state.spent == mandate.capPerPeriod;
        _states[mandateHash] = state;
        if (mandate.kind == Kind.SHARE) _countShare(mandate, mandateHash, paid);
        emit EventsLib.Fired(mandateHash, mandate.lineId, keeper, occurrence, state.period, paid, spent, state.closed);
    }

    /// @dev The state in the present period, if the mandate may fire in it.
    function _openState(Mandate calldata mandate, bytes32 mandateHash)
        private
        view
        returns (MandateState memory state)
    {
        state = _states[mandateHash];
        require(state.registeredAt != 0, ErrorsLib.MandateUnknown(mandateHash));
        require(!state.revoked, ErrorsLib.MandateIsRevoked(mandateHash));
        require(block.timestamp <= mandate.expiry, ErrorsLib.MandateOver(mandateHash, mandate.expiry));
        uint256 period = (block.timestamp - state.registeredAt) / (uint256(mandate.periodHours) * 1 hours);
        if (period != state.period) (state.period, state.spent, state.closed) = (period.toUint32(), 0, false);
        require(!state.closed, ErrorsLib.PeriodClosed(mandateHash, period));
    }

    function _pay(Mandate calldata mandate, uint96 need, uint96 capLeft, address keeper)
        private
        returns (uint96 paid, uint96 spent)
    {
        uint96 seized;
        uint96 fee;
        if (mandate.source == From.RESERVE) {
            (paid, fee) = vault.repayFromReserve(mandate.lineId, need, capLeft, mandate.feeBps, keeper);
            return (paid, paid + fee);
        }
        (paid, seized, fee) = vault.repayInKind(mandate.lineId, need, capLeft, mandate.feeBps, keeper);
        return (paid, seized + fee);
    }

    // ---------------------------------------------------------------- what is needed

    /// @dev What the mandate asks for now, in loan base units, at most the debt. Refuses when it asks for nothing.
    function _need(Mandate calldata mandate, bytes32 mandateHash) private view returns (uint96) {
        uint256 need;
        if (mandate.kind == Kind.LTV) {
            need = _ltvNeed(mandate);
        } else {
            (uint256 due, uint256 debt) = vault.owed(mandate.lineId);
            if (mandate.kind == Kind.DUE) need = due;
            else if (mandate.kind == Kind.LEVEL) need = _levelNeed(mandate).min(debt);
            else need = _shareNeed(mandate, mandateHash).min(debt);
        }
        require(need > 0, ErrorsLib.NotTriggered(mandateHash));
        return need.toUint96();
    }

    /// @dev Back to the initial LTV, once the debt is above it and above the mandate's threshold.
    function _ltvNeed(Mandate calldata mandate) private view returns (uint256) {
        (uint256 debt, uint256 value) = vault.health(mandate.lineId);
        LineTerms memory terms = vault.terms(mandate.lineId);
        uint256 threshold = uint256(mandate.thresholdBps).max(terms.initialLtvBps);
        if (!HealthLib.exceedsLtv(debt, value, threshold)) return 0;
        if (mandate.source == From.COLLATERAL) return HealthLib.excessInKindUp(debt, value, terms);
        return HealthLib.excessUp(debt, value, terms);
    }

    /// @dev The mandate's amount, while the feed is strictly beyond the level.
    function _levelNeed(Mandate calldata mandate) private view returns (uint256) {
        int256 answer = _answer(mandate.feed);
        bool beyond = mandate.above ? answer > mandate.level : answer < mandate.level;
        return beyond ? mandate.amount : 0;
    }

    // ---------------------------------------------------------------- shares of revenue

    /// @dev The account of a new SHARE mandate: revenue counts from here.
    function _openShare(Mandate calldata mandate) private view returns (Share memory share) {
        address loanToken = vault.market(vault.terms(mandate.lineId).marketId).loanToken;
        uint256 feedDecimals = IAggregatorV3(mandate.feed).decimals();
        require(feedDecimals <= 18, ErrorsLib.BadFeed(mandate.feed));
        share.mark = _answerFloored(mandate.feed);
        share.unit = (BPS * 10 ** feedDecimals).toUint128();
        share.perAnswer = (mandate.shareBps * 10 ** uint256(IERC20Metadata(loanToken).decimals())).toUint128();
    }

    /// @dev A feed that falls is waited for: the mark never goes back.
    function _counted(Mandate calldata mandate, bytes32 mandateHash) private view returns (Share memory share) {
        share = _shares[mandateHash];
        uint256 answer = _answerFloored(mandate.feed);
        if (answer > share.mark) {
            share.carry += (answer - share.mark) * share.perAnswer;
            share.mark = answer;
        }
    }

    function _shareNeed(Mandate calldata mandate, bytes32 mandateHash) private view returns (uint256) {
        Share memory share = _counted(mandate, mandateHash);
        return share.carry / share.unit;
    }

    function _countShare(Mandate calldata mandate, bytes32 mandateHash, uint256 paid) private {
        Share memory share = _counted(mandate, mandateHash);
        share.carry -= paid * share.unit;
        _shares[mandateHash] = share;
    }

    function _answerFloored(address feed) private view returns (uint256) {
        int256 answer = _answer(feed);
        return answer > 0 ? answer.toUint256() : 0;
    }

    /// @dev The feed was chosen by the borrower, who alone is bound by it; it must have answered once.
    function _answer(address feed) private view returns (int256) {
        Round memory round = FeedLib.latestRound(feed);
        require(round.readable, ErrorsLib.PriceUnavailable(IOracleAdapter.Reason.UNREADABLE, feed));
        bool dated = round.updatedAt > 0 && round.updatedAt <= block.timestamp;
        require(dated, ErrorsLib.PriceUnavailable(IOracleAdapter.Reason.STALE, feed));
        return round.answer;
    }

    // ---------------------------------------------------------------- upkeep

    /// @inheritdoc IRepayTrigger
    function checkUpkeep(bytes calldata checkData) external returns (bool upkeepNeeded, bytes memory performData) {
        Mandate[] memory mandates = abi.decode(checkData, (Mandate[]));
        uint256 firing = 0;
        for (uint256 i = 0; i < mandates.length; ++i) {
            (, bytes memory reason) = _callSelf(abi.encodeCall(this.probe, (mandates[i])));
            if (bytes4(reason) == ErrorsLib.WouldFire.selector) mandates[firing++] = mandates[i];
        }
        Mandate[] memory wanted = new Mandate[](firing);
        for (uint256 i = 0; i < firing; ++i) {
            wanted[i] = mandates[i];
        }
        return (firing > 0, abi.encode(wanted));
    }

    /// @inheritdoc IRepayTrigger
    function probe(Mandate calldata mandate) external nonReentrant {
        require(msg.sender == address(this), ErrorsLib.NotSelf(msg.sender));
        _fire(mandate, address(this));
        revert ErrorsLib.WouldFire();
    }

    /// @inheritdoc IRepayTrigger
    function performUpkeep(bytes calldata performData) external {
        Mandate[] memory mandates = abi.decode(performData, (Mandate[]));
        bool fired = false;
        for (uint256 i = 0; i < mandates.length; ++i) {
            (bool success, bytes memory reason) = _callSelf(abi.encodeCall(this.fire, (mandates[i], msg.sender)));
            if (success) fired = true;
            else emit EventsLib.FiringFailed(MandateLib.hashInMemory(mandates[i]), mandates[i].lineId, reason);
        }
        require(fired, ErrorsLib.NoneFired());
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
        return _states[mandateHash];
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
