// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms, Source} from "../interfaces/ICreditVault.sol";
import {Mandate} from "../interfaces/IRepayTrigger.sol";

/// @title EventsLib
/// @notice The events of our contracts: the interface to whoever mirrors the chain. Amounts are never indexed.
/// Each action emits its own event, and `ICreditVault.LineState` with the line's full new state after it.
library EventsLib {
    // ---------------------------------------------------------------- vault

    event MarketCreated(
        uint16 indexed marketId,
        address indexed loanToken,
        address indexed collateralToken,
        address oracle,
        uint96 minDebt
    );

    /// @dev `consumed` is what the offer's group has lent with this fill included.
    event Opened(
        uint256 indexed id,
        address indexed lender,
        address indexed borrower,
        bytes32 offerHash,
        uint256 group,
        uint96 consumed,
        uint96 amount,
        uint96 collateral,
        uint96 originationFee,
        LineTerms terms
    );

    event CollateralDeposited(uint256 indexed id, address indexed from, uint96 amount);
    event CollateralWithdrawn(uint256 indexed id, address indexed to, uint96 amount);
    event ReserveDeposited(uint256 indexed id, address indexed from, uint96 amount);
    event ReserveWithdrawn(uint256 indexed id, address indexed to, uint96 amount);
    event Drawn(uint256 indexed id, address indexed to, uint96 amount);

    /// @dev `charges` + `principal` is what the debt fell by. `payer` is who called.
    event Repaid(uint256 indexed id, address indexed payer, Source source, uint96 charges, uint96 principal);

    /// @dev Follows `Repaid` with source COLLATERAL: what moved to the claim, at which price.
    event SeizedInKind(uint256 indexed id, uint96 seized, uint256 priceE36);

    /// @dev `token` is the loan token (from the reserve) or the collateral token (in kind).
    event KeeperPaid(uint256 indexed id, address indexed keeper, address indexed token, uint96 fee);

    /// @dev Of every liquidation. Follows `Repaid` with source RESERVE if the reserve paid and with source LIQUIDATION if the
    /// caller did; otherwise `repaid` and `seized` are zero. `priceE36` is zero when no price was read.
    event Liquidated(
        uint256 indexed id,
        address indexed liquidator,
        address indexed to,
        uint96 repaid,
        uint96 seized,
        uint256 priceE36
    );

    event WrittenOff(uint256 indexed id, uint96 principal, uint256 charges);
    event Terminated(uint256 indexed id, uint96 undrawn);
    event Closed(uint256 indexed id, address indexed to, uint96 undrawn, uint96 collateral, uint96 reserve);
    event Claimed(uint256 indexed id, address indexed token, address indexed to, uint96 amount);

    event GroupCancelled(address indexed lender, address indexed loanToken, uint256 group);
    event EpochBumped(address indexed lender, uint32 epoch);
    event OperatorSet(address indexed borrower, address indexed operator, bool approved);
    event Stopped(uint40 until);
    event Resumed();

    // ---------------------------------------------------------------- trigger

    event MandateRegistered(
        bytes32 indexed mandateHash, uint256 indexed lineId, address indexed borrower, Mandate mandate
    );
    event MandateRevoked(address indexed borrower, uint256 nonce, bytes32 mandateHash);

    /// @dev `occurrence` is the count of firings before this one; `closed` says that the period is over for this mandate.
    event Fired(
        bytes32 indexed mandateHash,
        uint256 indexed lineId,
        address indexed keeper,
        uint32 occurrence,
        uint32 period,
        uint96 paid,
        uint96 spent,
        bool closed
    );
    event FiringFailed(bytes32 indexed mandateHash, uint256 indexed lineId, bytes reason);

    // ---------------------------------------------------------------- attested feeds and periphery

    /// @dev As Chainlink's aggregators announce a round.
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @dev `oldId` was closed and `newId` opened in one call.
    event Refinanced(address indexed borrower, uint256 indexed oldId, uint256 indexed newId);
}
