// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IBundler, Opening, Refinancing} from "../interfaces/IBundler.sol";
import {ICreditVault, Market, Offer} from "../interfaces/ICreditVault.sol";
import {IPermit2, PermitSingle} from "../interfaces/IPermit2.sol";
import {ErrorsLib} from "../libraries/ErrorsLib.sol";
import {EventsLib} from "../libraries/EventsLib.sol";
import {MathLib} from "../libraries/MathLib.sol";
import {OfferLib} from "../libraries/OfferLib.sol";

/// @title Bundler
/// @notice Several steps in one call, with allowances that are signed. It has no rights but those its caller gave it.
///
/// - Whose money, whose line: always the caller's. It is an operator of many borrowers, so `close` and `refinance` ask whose
///   the line is before they touch it, and money is taken from `msg.sender`, or, within a flash loan, from whom `refinance` noted.
/// - A flash lender is code of the caller's choice. It can call back once, with what was asked for, or nothing happens.
/// - What comes in goes out in the same call, to the vault or back. Allowances to the vault are exact, and used up.
contract Bundler is IBundler, Multicall, ReentrancyGuardTransient {
    using MathLib for uint256;
    using OfferLib for Offer;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev What ERC-3156 wants to hear from a borrower.
    bytes32 private constant FLASH_LOAN_TAKEN = keccak256("ERC3156FlashBorrower.onFlashLoan");

    /// @inheritdoc IBundler
    ICreditVault public immutable vault;

    /// @inheritdoc IBundler
    IPermit2 public immutable permit2;

    /// @dev The one flash loan that may call back: the hash of its lender, token, amount and data. Zero when none may.
    bytes32 private transient _awaited;

    /// @dev The line that the flash loan's callback opened.
    uint256 private transient _opened;

    constructor(ICreditVault vault_, IPermit2 permit2_) {
        require(address(vault_) != address(0), ErrorsLib.ZeroAddress());
        vault = vault_;
        permit2 = permit2_;
    }

    // ---------------------------------------------------------------- allowances

    /// @inheritdoc IBundler
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        // audit: no-empty-blocks: a permit that fails was used already, or the pull that needs it will tell
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
    }

    /// @inheritdoc IBundler
    function permitThroughPermit2(PermitSingle calldata permitSingle, bytes calldata signature) external nonReentrant {
        require(_hasPermit2(), ErrorsLib.NoPermit2(address(permit2)));
        require(permitSingle.spender == address(this), ErrorsLib.NotTheSpender(permitSingle.spender));
        // audit: no-empty-blocks: a permit that fails was used already, or the pull that needs it will tell
        // solhint-disable-next-line no-empty-blocks
        try permit2.permit(msg.sender, permitSingle, signature) {} catch {}
    }

    // ---------------------------------------------------------------- lines

    /// @inheritdoc IBundler
    function open(Opening calldata opening) external nonReentrant returns (uint256 id) {
        id = _open(msg.sender, opening);
        _giveBack(opening.offer.loanToken);
        _giveBack(opening.offer.collateralToken);
    }

    /// @inheritdoc IBundler
    function deposit(uint256 id, uint96 amount) external nonReentrant {
        address token = _marketOf(id).collateralToken;
        _take(msg.sender, token, amount);
        vault.deposit(id, amount);
        _giveBack(token);
    }

    /// @inheritdoc IBundler
    function depositReserve(uint256 id, uint96 amount) external nonReentrant {
        address token = _marketOf(id).loanToken;
        _take(msg.sender, token, amount);
        vault.depositReserve(id, amount);
        _giveBack(token);
    }

    /// @inheritdoc IBundler
    function repay(uint256 id, uint96 amount) external nonReentrant returns (uint96 paid) {
        address token = _marketOf(id).loanToken;
        _take(msg.sender, token, _debtOf(id).min(amount));
        paid = vault.repay(id, amount);
        _giveBack(token);
    }

    /// @inheritdoc IBundler
    function close(uint256 id) external nonReentrant returns (uint96 paid) {
        _requireOwn(id);
        address token = _marketOf(id).loanToken;
        _take(msg.sender, token, _cashToClose(id));
        paid = vault.close(id, msg.sender);
        _giveBack(token);
    }

    // ---------------------------------------------------------------- from one line to the next

    /// @inheritdoc IBundler
    function refinance(Refinancing calldata refinancing) external nonReentrant returns (uint256 newId) {
        _requireOwn(refinancing.oldId);
        address token = _marketOf(refinancing.oldId).loanToken;
        uint256 cash = _cashToClose(refinancing.oldId);
        if (cash == 0 || refinancing.flashLender == address(0)) {
            _take(msg.sender, token, cash);
            newId = _move(msg.sender, refinancing);
        } else {
            newId = _moveWithin(refinancing, token, cash);
        }
        _giveBack(token);
        _giveBack(refinancing.opening.offer.loanToken);
        _giveBack(refinancing.opening.offer.collateralToken);
    }

    /// @dev Borrows `cash` for the length of the call. The lender may be anything: it is believed only in what can be seen.
    function _moveWithin(Refinancing calldata refinancing, address token, uint256 cash) private returns (uint256) {
        address lender = refinancing.flashLender;
        bytes memory data = abi.encode(msg.sender, refinancing);
        _awaited = _loanHash(lender, token, cash, keccak256(data));
        bool lent = IERC3156FlashLender(lender).flashLoan(this, token, cash, data);
        require(lent && _awaited == 0, ErrorsLib.FlashLoanRefused(lender));
        IERC20(token).forceApprove(lender, 0);
        return _opened;
    }

    /// @inheritdoc IERC3156FlashBorrower
    function onFlashLoan(address, address token, uint256 amount, uint256 fee, bytes calldata data)
        external
        returns (bytes32)
    {
        // Who asked for it is known without being told: it is noted before the loan, and only then.
        require(
            _awaited != 0 && _awaited == _loanHash(msg.sender, token, amount, keccak256(data)),
            ErrorsLib.UnexpectedFlashLoan(msg.sender)
        );
        _awaited = 0;
        (address account, Refinancing memory refinancing) = abi.decode(data, (address, Refinancing));
        require(fee <= refinancing.maxFlashFee, ErrorsLib.FlashFeeTooHigh(fee, refinancing.maxFlashFee));
        IERC20(token).forceApprove(address(vault), amount);
        _opened = _move(account, refinancing);
        _pull(account, token, amount + fee);
        IERC20(token).forceApprove(msg.sender, amount + fee);
        return FLASH_LOAN_TAKEN;
    }

    function _loanHash(address lender, address token, uint256 amount, bytes32 dataHash) private pure returns (bytes32) {
        return keccak256(abi.encode(lender, token, amount, dataHash));
    }

    /// @dev Closes the old line with what the vault was allowed to take, and opens the new one.
    function _move(address account, Refinancing memory refinancing) private returns (uint256 newId) {
        // audit: unused-return: it takes what `_cashToClose` says, or nothing happens
        // audit: reentrancy-events: the event names the line that the calls open; the guard holds, a flash loan calls back once
        // slither-disable-next-line unused-return,reentrancy-events
        vault.close(refinancing.oldId, account);
        newId = _open(account, refinancing.opening);
        emit EventsLib.Refinanced(account, refinancing.oldId, newId);
    }

    function _open(address account, Opening memory opening) private returns (uint256 id) {
        Offer memory offer = opening.offer;
        uint256 asked = offer.collateralUp(opening.amount);
        require(opening.collateral >= asked, ErrorsLib.TooLittleCollateral(opening.collateral, asked));
        _take(account, offer.loanToken, offer.originationFeeUp(opening.amount));
        _take(account, offer.collateralToken, opening.collateral);
        id = vault.open(offer, opening.signature, opening.amount, account);
        uint96 more = (opening.collateral - asked).toUint96();
        if (more > 0) vault.deposit(id, more);
        if (opening.drawn > 0) vault.draw(id, opening.drawn, account);
    }

    // ---------------------------------------------------------------- what there is to pay

    function _requireOwn(uint256 id) private view {
        require(vault.borrowerOf(id) == msg.sender, ErrorsLib.NotBorrower(id, msg.sender));
    }

    function _marketOf(uint256 id) private view returns (Market memory) {
        return vault.market(vault.terms(id).marketId);
    }

    /// @dev What `close` will take in cash now: the reserve pays first.
    function _cashToClose(uint256 id) private view returns (uint256) {
        return _debtOf(id).zeroFloorSub(vault.stored(id).reserve);
    }

    function _debtOf(uint256 id) private view returns (uint256 debt) {
        // audit: unused-return: what is due is part of the debt
        // slither-disable-next-line unused-return
        (, debt) = vault.owed(id);
    }

    // ---------------------------------------------------------------- money

    /// @dev Takes `amount` from `account`, and lets the vault take it from here.
    function _take(address account, address token, uint256 amount) private {
        if (amount == 0) return;
        _pull(account, token, amount);
        IERC20(token).forceApprove(address(vault), amount);
    }

    /// @dev By the account's allowance to this contract, or else through Permit2, if there is one.
    function _pull(address account, address token, uint256 amount) private {
        bool allowed = IERC20(token).allowance(account, address(this)) >= amount;
        if (allowed || !_hasPermit2()) {
            // audit: arbitrary-send-erc20: `account` is the caller, or within a flash loan the one that `refinance` noted
            // slither-disable-next-line arbitrary-send-erc20
            IERC20(token).safeTransferFrom(account, address(this), amount);
        } else {
            permit2.transferFrom(account, address(this), amount.toUint160(), token);
        }
    }

    function _giveBack(address token) private {
        uint256 left = IERC20(token).balanceOf(address(this));
        if (left > 0) IERC20(token).safeTransfer(msg.sender, left);
    }

    function _hasPermit2() private view returns (bool) {
        return address(permit2).code.length > 0;
    }

    // ---------------------------------------------------------------- several calls in one

    /// @inheritdoc IBundler
    function multicall(bytes[] calldata data) public override(IBundler, Multicall) returns (bytes[] memory results) {
        return super.multicall(data);
    }
}
