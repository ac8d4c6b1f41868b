// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {CreditLineNFT} from "./CreditLineNFT.sol";
import {Escrow} from "./escrow/Escrow.sol";
import {ICreditLineNFT} from "./interfaces/ICreditLineNFT.sol";
import {
    ICreditVault,
    LineTerms,
    Market,
    Need,
    Offer,
    Repayment,
    Source,
    Status,
    StoredState
} from "./interfaces/ICreditVault.sol";
import {INoteDescriptor} from "./interfaces/INoteDescriptor.sol";
import {IOracleAdapter} from "./interfaces/IOracleAdapter.sol";
import {ChargesLib} from "./libraries/ChargesLib.sol";
import {
    FLAG_CLOSED,
    FLAG_TERMINATED,
    FLAG_WRITTEN_OFF,
    GUARDIAN_COOLDOWN,
    GUARDIAN_STOP,
    MAX_KEEPER_FEE_BPS,
    MAX_LIMIT,
    MAX_TOKEN_DECIMALS,
    PRICE_SCALE
} from "./libraries/ConstantsLib.sol";
import {ErrorsLib} from "./libraries/ErrorsLib.sol";
import {EventsLib} from "./libraries/EventsLib.sol";
import {HealthLib, LiquidationLimit} from "./libraries/HealthLib.sol";
import {Line, LineLib} from "./libraries/LineLib.sol";
import {MathLib} from "./libraries/MathLib.sol";
import {OfferLib} from "./libraries/OfferLib.sol";
import {Terms, TermsLib} from "./libraries/TermsLib.sol";

/// @title CreditVault
/// @notice Credit lines against signed offers. What follows is what the code can be held against.
///
/// Obligations
/// - What a line owes is a function of its stored facts and of time (`ChargesLib`); a view and a transaction share it, so
///   it does not matter who pokes a line or how often.
/// - Debt falls only by repayment, liquidation or recorded write-off. Collateral leaves only to the borrower (without
///   debt, or at no more than the initial LTV), by liquidation, or by an operator's payment in kind within the lender's terms.
/// - No action on one line changes another. The five amounts that a line holds in escrow are touched by its own actions only.
/// - The lender's side is passive: the NFT's holder is credited, never paid, and claims by itself. A line pays nobody who
///   could refuse, and calls back nobody.
/// - A lender is bound by an offer only: signed for this contract on this chain, until its expiry, in its epoch, within
///   its group's cap. An operator of a borrower can draw and close to the borrower, pay its debts from reserve and
///   collateral with a keeper's fee of at most `MAX_KEEPER_FEE_BPS`, and open lines for it at the operator's own cost;
///   nothing else.
/// - The owner lists markets. The guardian stops `open`, `draw` and withdrawals that keep debt, for 7 days at most. Nobody
///   can change, take or freeze anything else.
///
/// Roundings
/// - Debt, what is due, minimum collateral and origination fee round up; values of collateral round down.
/// - A liquidator's collateral and a keeper's fee round down; collateral taken in kind for the lender rounds up.
/// - Charges are exact numerators; they round only when paid, and a paid surplus is credited to the charges that come next.
///
/// Liveness
/// - `repay`, `close`, `deposit`, `depositReserve` and `claim` need no price and nobody's consent, and can't be stopped.
/// - What adds risk needs a price that passes every check of the market's oracle. Liquidation needs one fresh feed.
/// - Work is bounded: no loop over lines, periods or holders. Timestamps fit until the year 2106.
///
/// Tokens
/// - Plain ERC-20s of at most 18 decimals, listed by the owner, where `transfer` takes exactly the amount from the sender. What
///   enters is checked to the unit; a token that shrinks balances by itself (rebasing) must not be listed.
/// - Amounts of a line fit 96 bits; an action whose result would not is refused (`DoesNotFit`). Only a line of nearly
///   `MAX_LIMIT` that nobody pays for years at the highest rates can owe more: it is repaid in parts, with claims between.
/// - Ether is held as WETH only.
contract CreditVault is ICreditVault, Escrow, EIP712, Multicall, ReentrancyGuardTransient {
    using ChargesLib for Line;
    using LineLib for Line;
    using MathLib for uint256;
    using OfferLib for Offer;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    // ---------------------------------------------------------------- storage

    /// @inheritdoc ICreditVault
    address public immutable owner;

    /// @inheritdoc ICreditVault
    address public immutable guardian;

    /// @inheritdoc ICreditVault
    ICreditLineNFT public immutable nft;

    uint64 private _lineCount;
    uint16 private _marketCount;

    /// @inheritdoc ICreditVault
    uint40 public stoppedUntil;

    /// @inheritdoc ICreditVault
    uint40 public coolingUntil;

    mapping(uint16 marketId => Market) private _markets;
    mapping(bytes32 triple => uint16 marketId) private _marketIds;

    /// @inheritdoc ICreditVault
    mapping(address lender => mapping(address loanToken => mapping(uint256 group => uint96 amount))) public consumed;

    /// @inheritdoc ICreditVault
    mapping(address lender => uint32 epoch) public epochOf;

    /// @inheritdoc ICreditVault
    mapping(address borrower => mapping(address operator => bool approved)) public isOperator;

    constructor(address owner_, address guardian_, INoteDescriptor descriptor) EIP712("Covenant Credit Vault", "1") {
        require(owner_ != address(0) && address(descriptor) != address(0), ErrorsLib.ZeroAddress());
        owner = owner_;
        // audit: missing-zero-check: without a guardian nobody stops anything, which is a choice
        // slither-disable-next-line missing-zero-check
        guardian = guardian_;
        nft = new CreditLineNFT(descriptor);
    }

    // ---------------------------------------------------------------- markets

    /// @inheritdoc ICreditVault
    function createMarket(address loanToken, address collateralToken, address oracle, uint96 minDebt)
        external
        returns (uint16 marketId)
    {
        require(msg.sender == owner, ErrorsLib.NotOwner(msg.sender));
        require(loanToken != collateralToken, ErrorsLib.UnsupportedToken(collateralToken));
        _requireSupported(loanToken);
        _requireSupported(collateralToken);
        require(oracle.code.length > 0, ErrorsLib.OracleHasNoCode(oracle));
        require(minDebt > 0 && minDebt <= MAX_LIMIT, ErrorsLib.BadTerms("minDebt", minDebt));

        bytes32 triple = _tripleOf(loanToken, collateralToken, oracle);
        require(_marketIds[triple] == 0, ErrorsLib.MarketExists(_marketIds[triple]));
        marketId = ++_marketCount;
        _marketIds[triple] = marketId;
        _markets[marketId] = Market(loanToken, minDebt, collateralToken, oracle);
        emit EventsLib.MarketCreated(marketId, loanToken, collateralToken, oracle, minDebt);
    }

    /// @inheritdoc ICreditVault
    function market(uint16 marketId) external view returns (Market memory) {
        return _markets[marketId];
    }

    /// @inheritdoc ICreditVault
    function marketIdOf(address loanToken, address collateralToken, address oracle) external view returns (uint16) {
        return _marketIds[_tripleOf(loanToken, collateralToken, oracle)];
    }

    function _tripleOf(address loanToken, address collateralToken, address oracle) private pure returns (bytes32) {
        return keccak256(abi.encode(loanToken, collateralToken, oracle));
    }

    function _requireSupported(address token) private view {
        (bool known, uint8 decimals) = IERC20(token).tryGetDecimals();
        require(known && decimals <= MAX_TOKEN_DECIMALS, ErrorsLib.UnsupportedToken(token));
    }

    // ---------------------------------------------------------------- offers

    /// @inheritdoc ICreditVault
    function hashOffer(Offer calldata offer) external pure returns (bytes32) {
        return OfferLib.hash(offer);
    }

    /// @inheritdoc ICreditVault
    function offerDigest(Offer calldata offer) external view returns (bytes32) {
        return _hashTypedDataV4(OfferLib.hash(offer));
    }

    /// @inheritdoc ICreditVault
    function cancelGroup(address loanToken, uint256 group) external {
        consumed[msg.sender][loanToken][group] = type(uint96).max;
        emit EventsLib.GroupCancelled(msg.sender, loanToken, group);
    }

    /// @inheritdoc ICreditVault
    function bumpEpoch() external returns (uint32 epoch) {
        epoch = ++epochOf[msg.sender];
        emit EventsLib.EpochBumped(msg.sender, epoch);
    }

    // ---------------------------------------------------------------- open

    /// @inheritdoc ICreditVault
    function open(Offer calldata signed, bytes calldata signature, uint96 amount, address borrower)
        external
        nonReentrant
        returns (uint256)
    {
        require(_actsFor(borrower), ErrorsLib.NotOperator(borrower, msg.sender));
        _requireNotStopped();
        (Offer memory offer, bytes32 offerHash) = OfferLib.load(signed);
        uint16 marketId = _marketIds[_tripleOf(offer.loanToken, offer.collateralToken, offer.oracle)];
        require(marketId != 0, ErrorsLib.NoSuchMarket(offer.loanToken, offer.collateralToken, offer.oracle));
        _requireBinding(offer, offerHash, signature, borrower);
        uint96 lent = _fill(offer, amount, _markets[marketId].minDebt);

        Line memory line = _newLine(offer, marketId, amount, borrower);
        uint96 fee = offer.originationFeeUp(amount).toUint96();
        emit EventsLib.Opened(
            line.id,
            offer.lender,
            line.borrower,
            offerHash,
            offer.group,
            lent,
            amount,
            line.collateral.toUint96(),
            fee,
            line.terms.unpack()
        );
        _create(line);
        nft.mint(offer.lender, line.id);
        _pull(offer.loanToken, offer.lender, amount);
        _pull(offer.collateralToken, msg.sender, line.collateral);
        if (fee > 0) IERC20(offer.loanToken).safeTransferFrom(msg.sender, offer.lender, fee);
        return line.id;
    }

    function _newLine(Offer memory offer, uint16 marketId, uint256 amount, address borrower)
        private
        returns (Line memory line)
    {
        line.id = ++_lineCount;
        line.borrower = borrower;
        line.terms = TermsLib.pack(offer.toTerms(marketId, block.timestamp.toUint32()));
        line.accruedAt = block.timestamp;
        line.undrawn = amount;
        line.collateral = offer.collateralUp(amount);
    }

    /// @dev Refuses an offer that does not bind its lender, here and now, towards the borrower.
    function _requireBinding(Offer memory offer, bytes32 offerHash, bytes calldata signature, address borrower)
        private
        view
    {
        require(block.timestamp <= offer.expiry, ErrorsLib.OfferExpired(offer.expiry, block.timestamp));
        require(
            offer.borrower == address(0) || offer.borrower == borrower,
            ErrorsLib.OfferForAnother(offer.borrower, borrower)
        );
        uint32 epoch = epochOf[offer.lender];
        require(offer.epoch == epoch, ErrorsLib.OfferEpoch(offer.epoch, epoch));
        offer.check();
        require(
            SignatureChecker.isValidSignatureNowCalldata(offer.lender, _hashTypedDataV4(offerHash), signature),
            ErrorsLib.BadSignature(offer.lender)
        );
    }

    /// @dev Counts `amount` against the offer's group. `limit` bounds one line, `groupCap` all lines of the group.
    function _fill(Offer memory offer, uint96 amount, uint96 minDebt) private returns (uint96 lent) {
        require(amount >= minDebt, ErrorsLib.FillTooSmall(amount, minDebt));
        uint256 before = consumed[offer.lender][offer.loanToken][offer.group];
        uint256 left = uint256(offer.groupCap).zeroFloorSub(before).min(offer.limit);
        require(amount <= left, ErrorsLib.FillTooLarge(amount, left));
        lent = (before + amount).toUint96();
        consumed[offer.lender][offer.loanToken][offer.group] = lent;
    }

    // ---------------------------------------------------------------- collateral and reserve

    /// @inheritdoc ICreditVault
    function deposit(uint256 id, uint96 amount) external nonReentrant {
        require(amount > 0, ErrorsLib.ZeroAmount());
        // Nothing is accrued here: collateral does not change what is owed.
        Line memory line = _read(id);
        _requireLive(line);
        line.collateral += amount;
        emit EventsLib.CollateralDeposited(id, msg.sender, amount);
        _save(line);
        _pull(_markets[line.terms.marketId()].collateralToken, msg.sender, amount);
    }

    /// @inheritdoc ICreditVault
    function withdraw(uint256 id, uint96 amount, address to) external nonReentrant {
        require(amount > 0, ErrorsLib.ZeroAmount());
        Line memory line = _read(id);
        _accrue(line);
        _requireBorrower(line);
        require(amount <= line.collateral, ErrorsLib.BeyondCollateral(amount, line.collateral));
        require(line.principal > 0 || !line.lends(), ErrorsLib.LeaveThroughClose(id));
        line.collateral -= amount;
        Market storage market_ = _markets[line.terms.marketId()];
        if (line.isInDebt()) {
            _requireNotStopped();
            _requireWithinInitialLtv(line, market_);
        }
        emit EventsLib.CollateralWithdrawn(id, to, amount);
        _save(line);
        _push(market_.collateralToken, to, amount);
    }

    /// @inheritdoc ICreditVault
    function depositReserve(uint256 id, uint96 amount) external nonReentrant {
        require(amount > 0, ErrorsLib.ZeroAmount());
        Line memory line = _read(id);
        _requireLive(line);
        line.reserve += amount;
        emit EventsLib.ReserveDeposited(id, msg.sender, amount);
        _save(line);
        _pull(_markets[line.terms.marketId()].loanToken, msg.sender, amount);
    }

    /// @inheritdoc ICreditVault
    function withdrawReserve(uint256 id, uint96 amount, address to) external nonReentrant {
        require(amount > 0, ErrorsLib.ZeroAmount());
        Line memory line = _read(id);
        _accrue(line);
        _requireBorrower(line);
        require(amount <= line.reserve, ErrorsLib.BeyondReserve(amount, line.reserve));
        require(line.unpaidSince == 0, ErrorsLib.BillUnpaid(id, line.unpaidSince));
        Market storage market_ = _markets[line.terms.marketId()];
        if (line.isInDebt()) {
            _requireNotStopped();
            _requireHealthy(line, _measuringPrice(line, market_.oracle));
        }
        line.reserve -= amount;
        emit EventsLib.ReserveWithdrawn(id, to, amount);
        _save(line);
        _push(market_.loanToken, to, amount);
    }

    // ---------------------------------------------------------------- draw

    /// @inheritdoc ICreditVault
    function draw(uint256 id, uint96 amount, address to) external nonReentrant {
        require(amount > 0, ErrorsLib.ZeroAmount());
        _requireNotStopped();
        Line memory line = _read(id);
        _accrue(line);
        _requireBorrowerOrOperatorFor(line, to);
        require(!line.isTerminated(), ErrorsLib.LineTerminated(id));
        require(line.lends(), ErrorsLib.WindowOver(line.terms.windowEndsAt()));
        require(line.unpaidSince == 0, ErrorsLib.BillUnpaid(id, line.unpaidSince));
        require(amount <= line.undrawn, ErrorsLib.BeyondUndrawn(amount, line.undrawn));
        line.undrawn -= amount;
        line.principal += amount;
        Market storage market_ = _markets[line.terms.marketId()];
        require(line.principal >= market_.minDebt, ErrorsLib.BelowMinDebt(line.principal, market_.minDebt));
        _requireWithinInitialLtv(line, market_);
        emit EventsLib.Drawn(id, to, amount);
        _save(line);
        _push(market_.loanToken, to, amount);
    }

    // ---------------------------------------------------------------- repay

    /// @inheritdoc ICreditVault
    function repay(uint256 id, uint96 amount) external nonReentrant returns (uint96 paid) {
        require(amount > 0, ErrorsLib.ZeroAmount());
        Line memory line = _read(id);
        _accrue(line);
        require(line.isInDebt(), ErrorsLib.NothingDue(id));
        // Clamped, so that nobody can make a repayment of everything fail by repaying one unit first.
        paid = uint256(amount).min(line.debtUp()).toUint96();
        _payRevolving(line, paid, Source.CASH);
        _save(line);
        _pull(_markets[line.terms.marketId()].loanToken, msg.sender, paid);
    }

    /// @inheritdoc ICreditVault
    function repayFromReserve(uint256 id, Repayment calldata repayment)
        external
        nonReentrant
        returns (uint96 needed, uint96 paid, uint96 fee)
    {
        Line memory line = _read(id);
        _prepareToRepay(line, repayment);
        needed = _neededInCash(line, repayment);
        uint256 feeBps = repayment.feeBps;
        paid = uint96(HealthLib.largestPayment(line.reserve.min(repayment.maxSpent), feeBps).min(needed));
        require(paid > 0, ErrorsLib.ZeroAmount());
        fee = uint96(HealthLib.keeperFeeDown(paid, feeBps));

        line.reserve -= paid + fee;
        _payRevolving(line, paid, Source.RESERVE);
        address loanToken = _markets[line.terms.marketId()].loanToken;
        address keeper = repayment.keeper;
        if (fee > 0) emit EventsLib.KeeperPaid(id, keeper, loanToken, fee);
        _save(line);
        _push(loanToken, keeper, fee);
    }

    /// @inheritdoc ICreditVault
    function repayInKind(uint256 id, Repayment calldata repayment)
        external
        nonReentrant
        returns (uint96 needed, uint96 paid, uint96 seized, uint96 fee)
    {
        Line memory line = _read(id);
        _prepareToRepay(line, repayment);
        Market storage market_ = _markets[line.terms.marketId()];
        (uint256 priceE36, uint256 measuredE36) = _pricesInKind(line.terms, IOracleAdapter(market_.oracle));
        bool healthy = _isHealthy(line, measuredE36);
        needed = _needed(line, repayment, measuredE36, true);
        (paid, seized, fee) = _quoteInKind(line, needed, repayment, priceE36, measuredE36);
        require(paid > 0, ErrorsLib.ZeroAmount());

        line.collateral -= seized + fee;
        line.claimCollateral += seized;
        _pay(line, paid, Source.COLLATERAL);
        // Far apart feeds seize more than the LTV gains: that must not hand a healthy line to its liquidators.
        if (healthy) _requireHealthy(line, measuredE36);
        emit EventsLib.SeizedInKind(id, seized, priceE36);
        if (fee > 0) emit EventsLib.KeeperPaid(id, repayment.keeper, market_.collateralToken, fee);
        _save(line);
        _push(market_.collateralToken, repayment.keeper, fee);
    }

    /// @dev Accrues. Refuses a caller who may not, and a keeper's fee beyond the cap.
    function _prepareToRepay(Line memory line, Repayment calldata repayment) private view {
        _accrue(line);
        _requireBorrowerOrOperator(line);
        uint256 feeBps = repayment.feeBps;
        require(feeBps <= MAX_KEEPER_FEE_BPS, ErrorsLib.FeeTooHigh(feeBps, MAX_KEEPER_FEE_BPS));
    }

    /// @dev What a repayment in cash is to cover. Only an excess needs a price.
    function _neededInCash(Line memory line, Repayment calldata repayment) private view returns (uint96) {
        bool priced = repayment.need == Need.EXCESS;
        uint256 measuredE36 = priced ? _measuringPrice(line, _markets[line.terms.marketId()].oracle) : 0;
        return _needed(line, repayment, measuredE36, false);
    }

    /// @dev Refuses when nothing is needed.
    function _needed(Line memory line, Repayment calldata repayment, uint256 measuredE36, bool inKind)
        private
        pure
        returns (uint96)
    {
        uint256 debt = line.debtUp();
        uint256 needed = repayment.need == Need.BILL ? line.dueUp() : debt.min(repayment.amount);
        if (repayment.need == Need.EXCESS) {
            uint256 value = HealthLib.valueDown(line.collateral, measuredE36);
            uint256 threshold = line.terms.initialLtvBps().max(repayment.thresholdBps);
            if (!HealthLib.exceedsLtv(debt, value, threshold)) needed = 0;
            else if (inKind) needed = HealthLib.excessInKindUp(debt, value, line.terms);
            else needed = HealthLib.excessUp(debt, value, line.terms);
        }
        require(needed > 0, ErrorsLib.NothingDue(line.id));
        return needed.toUint96();
    }

    /// @dev Both readings. Refuses a discount that is off, or smaller than the feeds' deviation.
    function _pricesInKind(Terms terms_, IOracleAdapter oracle)
        private
        view
        returns (uint256 priceE36, uint256 measuredE36)
    {
        uint256 deviation;
        (priceE36, deviation) = oracle.riskPrice();
        uint256 discount = terms_.inKindDiscountBps();
        require(discount > 0 && discount >= deviation, ErrorsLib.InKindRefused(discount, deviation));
        measuredE36 = oracle.measuringPrice();
    }

    /// @dev What a payment in kind of at most `needed` comes to.
    function _quoteInKind(
        Line memory line,
        uint256 needed,
        Repayment calldata repayment,
        uint256 priceE36,
        uint256 measuredE36
    ) private pure returns (uint96 paid, uint96 seized, uint96 fee) {
        uint256 discount = line.terms.inKindDiscountBps();
        uint256 feeBps = repayment.feeBps;
        uint256 budget = line.collateral.min(repayment.maxSpent);
        uint256 affordable = HealthLib.affordableInKindDown(budget, discount, feeBps, priceE36);
        paid = affordable.min(needed).min(_allowanceInKind(line, measuredE36)).toUint96();
        seized = HealthLib.seizedInKindUp(paid, discount, priceE36).toUint96();
        fee = HealthLib.keeperFeeDown(paid, feeBps).mulDivDown(PRICE_SCALE, priceE36).toUint96();
    }

    /// @dev The most that may be paid in kind now: what is due, or above the in-kind LTV what restores the initial LTV.
    function _allowanceInKind(Line memory line, uint256 measuredE36) private pure returns (uint256 allowance) {
        uint256 debt = line.debtUp();
        uint256 value = HealthLib.valueDown(line.collateral, measuredE36);
        allowance = line.dueUp();
        if (HealthLib.exceedsLtv(debt, value, line.terms.inKindLtvBps())) {
            allowance = allowance.max(HealthLib.excessInKindUp(debt, value, line.terms));
        }
        require(allowance > 0, ErrorsLib.InKindNotNeeded(debt, value, line.terms.inKindLtvBps()));
    }

    // ---------------------------------------------------------------- the end of a line

    /// @inheritdoc ICreditVault
    function close(uint256 id, address to) external nonReentrant returns (uint96 paid) {
        require(to != address(0), ErrorsLib.ZeroAddress());
        Line memory line = _read(id);
        _accrue(line);
        _requireBorrowerOrOperatorFor(line, to);

        uint256 fromReserve = line.debtUp().min(line.reserve);
        line.reserve -= fromReserve;
        _payToClaim(line, fromReserve, Source.RESERVE);
        paid = line.debtUp().toUint96();
        _payToClaim(line, paid, Source.CASH);

        (uint256 collateral, uint256 reserve) = (line.collateral, line.reserve);
        (line.collateral, line.reserve) = (0, 0);
        line.flags |= FLAG_CLOSED;
        uint256 undrawn = _releaseUndrawn(line);
        emit EventsLib.Closed(id, to, undrawn.toUint96(), collateral.toUint96(), reserve.toUint96());
        _save(line);

        Market storage market_ = _markets[line.terms.marketId()];
        _pull(market_.loanToken, msg.sender, paid);
        _push(market_.loanToken, to, reserve);
        _push(market_.collateralToken, to, collateral);
    }

    /// @inheritdoc ICreditVault
    function terminate(uint256 id) external nonReentrant {
        Line memory line = _read(id);
        _accrue(line);
        require(!line.isTerminated(), ErrorsLib.LineTerminated(id));
        require(!line.lends() || line.inDefault(), ErrorsLib.NotTerminable(id));
        _terminate(line);
        _save(line);
    }

    function _terminate(Line memory line) private {
        line.flags |= FLAG_TERMINATED;
        emit EventsLib.Terminated(line.id, _releaseUndrawn(line).toUint96());
    }

    function _releaseUndrawn(Line memory line) private pure returns (uint256 undrawn) {
        undrawn = line.undrawn;
        line.undrawn = 0;
        line.claimLoan += undrawn;
    }

    // ---------------------------------------------------------------- liquidation

    /// @inheritdoc ICreditVault
    function liquidate(uint256 id, uint96 maxRepaid, uint96 minSeized, address to)
        external
        nonReentrant
        returns (uint96 repaid, uint96 seized)
    {
        require(to != address(0), ErrorsLib.ZeroAddress());
        Line memory line = _read(id);
        _accrue(line);
        Market storage market_ = _markets[line.terms.marketId()];
        uint256 priceE36 = _payFromReserveFirst(line, market_.oracle);
        if (maxRepaid > 0 && line.isInDebt()) {
            if (priceE36 == 0) priceE36 = _measuringPrice(line, market_.oracle);
            (repaid, seized) = _seize(line, maxRepaid, priceE36, market_.minDebt);
        }
        require(seized >= minSeized, ErrorsLib.SeizedTooLittle(seized, minSeized));
        emit EventsLib.Liquidated(id, msg.sender, to, repaid, seized, priceE36);
        if (line.collateral == 0 && line.reserve == 0 && line.isInDebt()) _writeOff(line);
        _save(line);

        _pull(market_.loanToken, msg.sender, repaid);
        _push(market_.collateralToken, to, seized);
    }

    /// @dev Refuses a line that may not be liquidated; else lets its reserve pay, which costs the borrower no bonus: of a
    /// defaulted line the debt, without asking for a price, else what restores the initial LTV.
    /// @return priceE36 the measuring price if it was read, else zero.
    function _payFromReserveFirst(Line memory line, address oracle) private returns (uint256 priceE36) {
        uint256 debt = line.debtUp();
        uint256 target = debt;
        if (!line.inDefault()) {
            require(debt > 0, ErrorsLib.NotLiquidatable(line.id));
            priceE36 = _measuringPrice(line, oracle);
            require(!_isHealthy(line, priceE36), ErrorsLib.NotLiquidatable(line.id));
            target = HealthLib.excessUp(debt, HealthLib.valueDown(line.collateral, priceE36), line.terms);
        }
        uint256 fromReserve = target.min(line.reserve);
        line.reserve -= fromReserve;
        _payToClaim(line, fromReserve, Source.RESERVE);
    }

    /// @dev The caller's part, if the line is still unhealthy or in default after the reserve paid.
    function _seize(Line memory line, uint96 maxRepaid, uint256 priceE36, uint256 minDebt)
        private
        returns (uint96 repaid, uint96 seized)
    {
        uint256 debt = line.debtUp();
        uint256 value = HealthLib.valueDown(line.collateral, priceE36);
        bool defaulted = line.inDefault();
        if (!defaulted && _isHealthy(line, priceE36)) return (0, 0);

        LiquidationLimit memory limit = HealthLib.liquidationLimit(debt, value, line.terms, defaulted, minDebt);
        repaid = limit.maxRepaid.min(maxRepaid).toUint96();
        bool seizesAll = repaid == limit.seizesAllAt;
        uint256 left = debt - repaid;
        require(left == 0 || left >= minDebt || seizesAll, ErrorsLib.BelowMinDebt(left, minDebt));
        uint256 bought = seizesAll ? line.collateral : HealthLib.seizedDown(repaid, line.terms.bonusBps(), priceE36);
        seized = bought.toUint96();
        line.collateral -= seized;
        _payToClaim(line, repaid, Source.LIQUIDATION);
    }

    /// @dev A debt with nothing left behind it is the holder's loss. It is recorded, and the line is over.
    function _writeOff(Line memory line) private {
        uint256 principal = line.principal;
        emit EventsLib.WrittenOff(line.id, principal.toUint96(), line.debtUp() - principal);
        (line.principal, line.billedPrincipal, line.unpaidSince) = (0, 0, 0);
        (line.unbilled, line.billed) = (0, 0);
        line.flags |= FLAG_WRITTEN_OFF;
        if (!line.isTerminated()) _terminate(line);
    }

    // ---------------------------------------------------------------- claim

    /// @inheritdoc ICreditVault
    function claim(uint256 id, address token, address to) external nonReentrant returns (uint96 amount) {
        // Nothing is accrued and no status is looked at: what was paid to the holder is the holder's.
        Line memory line = _read(id);
        require(nft.isOwnerOrApproved(msg.sender, id), ErrorsLib.NotHolder(id, msg.sender));
        Market storage market_ = _markets[line.terms.marketId()];
        if (token == market_.loanToken) {
            amount = line.claimLoan.toUint96();
            line.claimLoan = 0;
        } else {
            require(token == market_.collateralToken, ErrorsLib.NotALineToken(id, token));
            amount = line.claimCollateral.toUint96();
            line.claimCollateral = 0;
        }
        require(amount > 0, ErrorsLib.NothingToClaim(id, token));
        emit EventsLib.Claimed(id, token, to, amount);
        _save(line);
        _push(token, to, amount);
    }

    // ---------------------------------------------------------------- permissions

    /// @inheritdoc ICreditVault
    function setOperator(address operator, bool approved) external {
        isOperator[msg.sender][operator] = approved;
        emit EventsLib.OperatorSet(msg.sender, operator, approved);
    }

    /// @inheritdoc ICreditVault
    function stop() external {
        require(msg.sender == guardian, ErrorsLib.NotGuardian(msg.sender));
        require(block.timestamp >= coolingUntil, ErrorsLib.CoolingDown(coolingUntil));
        stoppedUntil = (block.timestamp + GUARDIAN_STOP).toUint40();
        coolingUntil = (block.timestamp + GUARDIAN_STOP + GUARDIAN_COOLDOWN).toUint40();
        emit EventsLib.Stopped(stoppedUntil);
    }

    /// @inheritdoc ICreditVault
    function resume() external {
        require(msg.sender == guardian, ErrorsLib.NotGuardian(msg.sender));
        require(block.timestamp < stoppedUntil, ErrorsLib.NotStopped());
        stoppedUntil = block.timestamp.toUint40();
        emit EventsLib.Resumed();
    }

    function _requireNotStopped() private view {
        require(block.timestamp >= stoppedUntil, ErrorsLib.StoppedByGuardian(stoppedUntil));
    }

    function _actsFor(address borrower) private view returns (bool) {
        return msg.sender == borrower || isOperator[borrower][msg.sender];
    }

    function _requireBorrower(Line memory line) private view {
        require(msg.sender == line.borrower, ErrorsLib.NotBorrower(line.id, msg.sender));
    }

    function _requireBorrowerOrOperator(Line memory line) private view {
        require(_actsFor(line.borrower), ErrorsLib.NotBorrower(line.id, msg.sender));
    }

    /// @dev For what pays out: an operator's call pays the borrower, whatever `to` says it should.
    function _requireBorrowerOrOperatorFor(Line memory line, address to) private view {
        _requireBorrowerOrOperator(line);
        require(msg.sender == line.borrower || to == line.borrower, ErrorsLib.OperatorPaysBorrowerOnly(to));
    }

    // ---------------------------------------------------------------- several calls in one

    /// @inheritdoc ICreditVault
    function multicall(bytes[] calldata data)
        public
        override(ICreditVault, Multicall)
        returns (bytes[] memory results)
    {
        return super.multicall(data);
    }

    /// @inheritdoc ICreditVault
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // audit: no-empty-blocks: a permit that fails was used already, or the pull that needs it will tell
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICreditVault
    function lineCount() external view returns (uint256) {
        return _lineCount;
    }

    /// @inheritdoc ICreditVault
    function borrowerOf(uint256 id) external view returns (address) {
        return _read(id).borrower;
    }

    /// @inheritdoc ICreditVault
    function terms(uint256 id) external view returns (LineTerms memory) {
        return _read(id).terms.unpack();
    }

    /// @inheritdoc ICreditVault
    function stored(uint256 id) external view returns (StoredState memory) {
        return _read(id).toStored();
    }

    /// @inheritdoc ICreditVault
    function projected(uint256 id, uint32 at) external view returns (StoredState memory) {
        Line memory line = _read(id);
        line.advance(at);
        return line.toStored();
    }

    /// @inheritdoc ICreditVault
    function owed(uint256 id) external view returns (uint256 due, uint256 debt) {
        Line memory line = _read(id);
        line.advance(block.timestamp);
        return (line.dueUp(), line.debtUp());
    }

    /// @inheritdoc ICreditVault
    function health(uint256 id) external view returns (uint256 debt, uint256 value) {
        Line memory line = _read(id);
        line.advance(block.timestamp);
        uint256 priceE36 = _measuringPrice(line, _markets[line.terms.marketId()].oracle);
        return (line.debtUp(), HealthLib.valueDown(line.collateral, priceE36));
    }

    /// @inheritdoc ICreditVault
    function status(uint256 id) external view returns (Status) {
        Line memory line = _read(id);
        line.advance(block.timestamp);
        return line.statusOf();
    }

    /// @inheritdoc ICreditVault
    function neededOf(uint256 id, Repayment calldata repayment) external view returns (uint96) {
        Line memory line = _read(id);
        _prepareToRepay(line, repayment);
        return _neededInCash(line, repayment);
    }

    /// @inheritdoc ICreditVault
    function stateHash(uint256 id) external view returns (bytes32) {
        return keccak256(abi.encode(id, _read(id).toStored()));
    }

    // ---------------------------------------------------------------- lines, read and written

    function _requireLive(Line memory line) private pure {
        require(!line.isOver(), ErrorsLib.LineClosed(line.id));
    }

    /// @dev Brings a line to now, if it is neither closed nor written off.
    function _accrue(Line memory line) private view {
        _requireLive(line);
        line.advance(block.timestamp);
    }

    /// @dev Writes and announces a line's new state, and tells the NFT what became of it.
    function _save(Line memory line) private {
        _write(line);
        if (line.isOver() && line.claimLoan == 0 && line.claimCollateral == 0) nft.burn(line.id);
        else if (line.faceOf() != line.face) nft.refresh(line.id);
    }

    // ---------------------------------------------------------------- payments and prices

    /// @dev A payment in cash, the payer's or the reserve's: principal can be drawn again as long as the lender lends to
    /// a line that was not in default before the payment.
    function _payRevolving(Line memory line, uint256 amount, Source source) private {
        bool revolves = line.lends() && !line.inDefault();
        uint256 principal = _pay(line, amount, source);
        if (!revolves) principal = 0;
        unchecked {
            // Of whole words; whether they still fit their slots is asked when they are written.
            line.undrawn += principal;
            line.claimLoan += amount - principal;
        }
    }

    /// @dev A payment that goes to the holder's claim, all of it: from liquidation and close.
    function _payToClaim(Line memory line, uint256 amount, Source source) private {
        if (amount == 0) return;
        _pay(line, amount, source);
        line.claimLoan += amount;
    }

    /// @dev Takes `amount` ≤ debt off what is owed.
    function _pay(Line memory line, uint256 amount, Source source) private returns (uint256 principal) {
        uint256 charges;
        (charges, principal) = line.pay(amount);
        emit EventsLib.Repaid(line.id, msg.sender, source, charges.toUint96(), principal.toUint96());
    }

    /// @dev The guard's place in transient storage, of which this contract uses no other: a short constant, since it is in
    /// every function twice.
    // audit: dead-code: it overrides what the guard calls
    // slither-disable-next-line dead-code
    function _reentrancyGuardStorageSlot() internal pure override returns (bytes32) {
        return 0;
    }

    /// @dev Refuses a debt beyond the initial LTV at the risk price.
    function _requireWithinInitialLtv(Line memory line, Market storage market_) private view {
        // audit: unused-return: how far the sources are apart matters in kind only
        // slither-disable-next-line unused-return
        (uint256 priceE36,) = IOracleAdapter(market_.oracle).riskPrice();
        uint256 debt = line.debtUp();
        uint256 value = HealthLib.valueDown(line.collateral, priceE36);
        uint256 ltv = line.terms.initialLtvBps();
        require(!HealthLib.exceedsLtv(debt, value, ltv), ErrorsLib.BeyondInitialLtv(debt, value, ltv));
    }

    function _isHealthy(Line memory line, uint256 measuredE36) private pure returns (bool) {
        uint256 value = HealthLib.valueDown(line.collateral, measuredE36);
        return !HealthLib.exceedsLtv(line.debtUp(), value, line.terms.liquidationLtvBps());
    }

    function _requireHealthy(Line memory line, uint256 measuredE36) private pure {
        if (_isHealthy(line, measuredE36)) return;
        uint256 value = HealthLib.valueDown(line.collateral, measuredE36);
        revert ErrorsLib.Unhealthy(line.debtUp(), value, line.terms.liquidationLtvBps());
    }

    /// @dev A line without collateral needs no price to be measured: its value is zero at any.
    function _measuringPrice(Line memory line, address oracle) private view returns (uint256) {
        return line.collateral == 0 ? 0 : IOracleAdapter(oracle).measuringPrice();
    }
}
