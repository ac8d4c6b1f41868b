// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracleAdapter} from "../interfaces/IOracleAdapter.sol";

/// @title ErrorsLib
/// @notice Everything that can be refused, with the values that broke.
library ErrorsLib {
    // ---------------------------------------------------------------- who
    error NotOwner(address caller);
    error NotGuardian(address caller);
    error NotBorrower(uint256 id, address caller);
    error NotOperator(address borrower, address caller);
    error NotHolder(uint256 id, address caller);
    error NotVault(address caller);
    error NotSelf(address caller);
    error OperatorPaysBorrowerOnly(address to);
    error ZeroAddress();

    // ---------------------------------------------------------------- markets and offers
    error MarketExists(uint16 marketId);
    error NoSuchMarket(address loanToken, address collateralToken, address oracle);
    error UnsupportedToken(address token);
    error OracleHasNoCode(address oracle);
    error OfferExpired(uint256 expiry, uint256 now_);
    error OfferForAnother(address named, address borrower);
    error OfferEpoch(uint256 offered, uint256 current);
    error BadSignature(address signer);
    error BadTerms(bytes32 field, uint256 value);
    error FillTooSmall(uint256 amount, uint256 minDebt);
    error FillTooLarge(uint256 amount, uint256 left);

    // ---------------------------------------------------------------- lines
    error NoSuchLine(uint256 id);
    error LineClosed(uint256 id);
    error LineTerminated(uint256 id);
    error ZeroAmount();
    error BillUnpaid(uint256 id, uint256 unpaidSince);
    error NothingDue(uint256 id);
    error WindowOver(uint256 endedAt);
    error LeaveThroughClose(uint256 id);
    error BeyondUndrawn(uint256 amount, uint256 undrawn);
    error BeyondCollateral(uint256 amount, uint256 collateral);
    error BeyondReserve(uint256 amount, uint256 reserve);
    error BeyondInitialLtv(uint256 debt, uint256 value, uint256 ltvBps);
    error BelowMinDebt(uint256 principal, uint256 minDebt);
    error Unhealthy(uint256 debt, uint256 value, uint256 ltvBps);
    error NotLiquidatable(uint256 id);
    error NotTerminable(uint256 id);
    error SeizedTooLittle(uint256 seized, uint256 minSeized);
    error InKindRefused(uint256 discountBps, uint256 deviationBps);
    error InKindNotNeeded(uint256 debt, uint256 value, uint256 ltvBps);
    error FeeTooHigh(uint256 feeBps, uint256 maxBps);
    error NothingToClaim(uint256 id, address token);
    error NotALineToken(uint256 id, address token);
    error InexactTransfer(address token, uint256 expected, uint256 received);
    error DoesNotFit(uint256 id);
    error TimeBeforeAccrual(uint256 at, uint256 accruedAt);

    // ---------------------------------------------------------------- guardian
    error StoppedByGuardian(uint256 until);
    error CoolingDown(uint256 until);
    error NotStopped();

    // ---------------------------------------------------------------- oracle
    error PriceUnavailable(IOracleAdapter.Reason reason, address feed);
    error BadFeed(address feed);
    error BadOracle(bytes32 field, uint256 value);

    // ---------------------------------------------------------------- attested feeds
    error EmptyRange(int256 minAnswer, int256 maxAnswer);
    error NotTheQuorum(uint256 given, uint256 quorum);
    error SignersUnordered(address previous, address signer);
    error NotAReporter(address signer);
    error AnswerOutOfRange(int256 answer, int256 minAnswer, int256 maxAnswer);
    error ObservedInFuture(uint256 observedAt, uint256 now_);
    error ObservedTooEarly(uint256 observedAt, uint256 earliest);
    error NoSuchRound(uint80 roundId);

    // ---------------------------------------------------------------- periphery
    error NoPermit2(address permit2);
    error NotTheSpender(address spender);
    error TooLittleCollateral(uint256 collateral, uint256 needed);
    error UnexpectedFlashLoan(address lender);
    error FlashLoanRefused(address lender);
    error FlashFeeTooHigh(uint256 fee, uint256 maxFee);

    // ---------------------------------------------------------------- trigger
    error BadMandate(bytes32 field, uint256 value);
    error NonceBurned(address borrower, uint256 nonce);
    error NonceUsed(address borrower, uint256 nonce, bytes32 mandateHash);
    error MandateUnknown(bytes32 mandateHash);
    error MandateOver(bytes32 mandateHash, uint256 expiry);
    error MandateIsRevoked(bytes32 mandateHash);
    error PeriodClosed(bytes32 mandateHash, uint256 period);
    error NotTriggered(bytes32 mandateHash);
    error BadBatch(uint256 length);
    error NoneFired();
    error WouldFire();
    error TooLittleGas(uint256 left, uint256 needed);
}
