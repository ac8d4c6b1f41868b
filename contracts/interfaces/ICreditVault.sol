// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditLineNFT} from "./ICreditLineNFT.sol";

/// @notice A market: which token is lent, which secures it, and who prices it.
/// @dev Allow-listed and append-only. `minDebt` is in loan base units; it binds draws and partial liquidations only.
struct Market {
    address loanToken;
    uint96 minDebt;
    address collateralToken;
    address oracle;
}

/// @notice What a lender signs (EIP-712). Every duration runs from `open`, in whole hours. Rates are basis points a year.
/// @dev `borrower` zero means anyone. `limit` bounds one line; `minCollateral` is that of a line of the whole `limit`, and scales
/// with the fill like the origination fee, rounded up. `groupCap` bounds what all lines under all offers of one (lender,
/// loanToken, group) lend together: an offer can be filled again until it is reached. `epoch` must equal the lender's.
/// Refused: rates and fees beyond the caps of `ConstantsLib`, a period of zero, a draw window beyond the term, and LTVs unless
/// initial < liquidation, liquidation·(1 + bonus) < 1 and liquidation·(1 + largest keeper's fee)/(1 − discount) < 1.
struct Offer {
    address lender;
    address borrower;
    address loanToken;
    address collateralToken;
    address oracle;
    uint96 limit;
    uint96 minCollateral;
    uint16 aprBps;
    uint16 originationBps;
    uint16 commitmentBps;
    uint16 penaltyBps;
    uint16 initialLtvBps;
    uint16 liquidationLtvBps;
    uint16 bonusBps;
    uint16 inKindLtvBps;
    uint16 inKindDiscountBps;
    uint16 amortBps;
    uint16 periodHours;
    uint16 graceHours;
    uint16 drawWindowHours;
    uint16 termHours;
    uint40 expiry;
    uint256 group;
    uint96 groupCap;
    uint32 epoch;
}

/// @notice What never changes in a line. One storage slot.
struct LineTerms {
    uint16 aprBps;
    uint16 commitmentBps;
    uint16 penaltyBps;
    uint16 initialLtvBps;
    uint16 liquidationLtvBps;
    uint16 bonusBps;
    uint16 inKindLtvBps;
    uint16 inKindDiscountBps;
    uint16 amortBps;
    uint16 periodHours;
    uint16 graceHours;
    uint16 drawWindowHours;
    uint16 termHours;
    uint32 openedAt;
    uint16 marketId;
}

/// @notice Everything that changes in a line, as of `accruedAt`. Amounts in base units; charges as numerators over
/// `CHARGE_DENOMINATOR`; `unpaidSince` zero means that no bill is unpaid.
struct StoredState {
    uint32 seq;
    uint96 principal;
    uint96 undrawn;
    uint32 accruedAt;
    uint144 unbilled;
    uint144 billed;
    uint96 billedPrincipal;
    uint32 unpaidSince;
    uint96 collateral;
    uint96 reserve;
    uint96 claimLoan;
    uint96 claimCollateral;
    uint16 flags;
}

/// @notice Where a payment came from.
enum Source {
    CASH,
    RESERVE,
    COLLATERAL,
    LIQUIDATION
}

/// @notice What a repayment from reserve or collateral is to cover.
/// @dev AMOUNT: an amount, or the debt where that is less. BILL: what is billed and unpaid. EXCESS: what restores the initial
/// LTV, once debt over value at the measuring price is above it and above a threshold.
enum Need {
    AMOUNT,
    BILL,
    EXCESS
}

/// @notice A repayment from what the line holds. The vault derives what is needed, and bounds what it may cost.
/// @dev `amount`, in loan base units, is read for AMOUNT only, `thresholdBps` for EXCESS only. `maxSpent` bounds payment and
/// keeper's fee together, in base units of the token they come from. The fee is `feeBps` of the payment, at most 100.
struct Repayment {
    Need need;
    uint16 thresholdBps;
    uint96 amount;
    uint96 maxSpent;
    uint16 feeBps;
    address keeper;
}

/// @notice Where a line stands with its bills. Health (debt against collateral) is a separate question.
/// @dev DUE is the one second t = unpaidSince; PAST_DUE lasts through the grace period; DEFAULT comes after it.
enum Status {
    NONEXISTENT,
    CURRENT,
    DUE,
    PAST_DUE,
    DEFAULT,
    CLOSED,
    WRITTEN_OFF
}

/// @title ICreditVault
/// @notice Credit lines against signed offers, with collateral, reserve, undrawn funds and claims in escrow.
/// @dev Amounts are base units of the token named. Prices are loan base units for one collateral base unit, times 1e36.
/// Every function that takes a line's `id` reverts with `NoSuchLine` when there is none, and with `LineClosed` when it
/// was closed or written off (views and `claim` excepted). Amounts of zero are refused with `ZeroAmount`, except `liquidate`'s.
/// Every action but `deposit`, `depositReserve` and `claim` accrues the line to the block's timestamp. Each adds one to `seq`.
interface ICreditVault {
    /// @notice The line's full new state: after every action, and after the action's own events (`EventsLib`).
    event LineState(uint256 indexed id, StoredState state);

    // ---------------------------------------------------------------- markets

    /// @notice Allow-lists a market. Markets are never changed nor removed.
    /// @dev Only the owner. Refuses tokens of more than 18 decimals, equal tokens, an oracle without code, `minDebt` zero,
    /// and a triple that is listed already.
    /// @return marketId from 1 upward.
    function createMarket(address loanToken, address collateralToken, address oracle, uint96 minDebt)
        external
        returns (uint16 marketId);

    function market(uint16 marketId) external view returns (Market memory);

    /// @notice Who may list markets, and nothing else. Fixed at deployment: to be able to change hands, make it a contract.
    function owner() external view returns (address);

    /// @notice The id of a listed triple, or zero.
    function marketIdOf(address loanToken, address collateralToken, address oracle) external view returns (uint16);

    // ---------------------------------------------------------------- offers

    /// @notice The EIP-712 digest that the lender signs.
    function offerDigest(Offer calldata offer) external view returns (bytes32);

    /// @notice The EIP-712 struct hash of an offer: its identity in events.
    function hashOffer(Offer calldata offer) external pure returns (bytes32);

    /// @notice Loan base units lent so far under (lender, loanToken, group); the maximum of uint96 once cancelled.
    function consumed(address lender, address loanToken, uint256 group) external view returns (uint96);

    function epochOf(address lender) external view returns (uint32);

    /// @notice Cancels every offer of the caller in one group of one loan token, for good.
    function cancelGroup(address loanToken, uint256 group) external;

    /// @notice Cancels every offer of the caller that was signed for the present epoch, by moving on to the next.
    function bumpEpoch() external returns (uint32 epoch);

    // ---------------------------------------------------------------- the life of a line

    /// @notice Opens a line of `borrower` under a signed offer. Only `borrower`, or an operator of it at its own cost.
    /// @dev Pulls `amount` from the lender into undrawn, ⌈minCollateral·amount/limit⌉ collateral and the origination fee
    /// ⌈amount·originationBps/1e4⌉ from the caller (the fee goes straight to the lender), and mints the NFT to the lender.
    /// The offer must name `borrower` or nobody. Refuses while the guardian's stop lasts. `amount` is between the market's
    /// minDebt and what offer and group leave.
    /// @return id the line's and the NFT's id, from 1 upward.
    function open(Offer calldata offer, bytes calldata signature, uint96 amount, address borrower)
        external
        returns (uint256 id);

    /// @notice Adds collateral from the caller. Anyone may.
    function deposit(uint256 id, uint96 amount) external;

    /// @notice Returns collateral to `to`. Only the borrower.
    /// @dev Without debt it needs no price; with debt it is refused if the debt would exceed the initial LTV at the risk price,
    /// and while stopped. With no principal and the draw window open it is refused (`LeaveThroughClose`), also when charges
    /// are owed: the lender's minimum collateral stays as long as the lender lends. A terminated line's window is over.
    function withdraw(uint256 id, uint96 amount, address to) external;

    /// @notice Adds loan token to the cash reserve from the caller. Anyone may.
    function depositReserve(uint256 id, uint96 amount) external;

    /// @notice Returns reserve to `to`. Only the borrower.
    /// @dev Refused with an unpaid bill. With debt also when the line is unhealthy at the measuring price, and while stopped.
    function withdrawReserve(uint256 id, uint96 amount, address to) external;

    /// @notice Draws undrawn funds to `to`. Only the borrower, or an operator of it to the borrower.
    /// @dev Refused with an unpaid bill, after the draw window, on a terminated line, beyond undrawn, when the debt
    /// would exceed the initial LTV at the risk price, when the principal would be below minDebt, while stopped.
    function draw(uint256 id, uint96 amount, address to) external;

    /// @notice Repays from the caller's cash, at most the debt. Anyone may. Cannot be paused, needs no price.
    /// @dev Pays billed charges, billed principal, other charges, other principal. Charges go to the holder's claim; principal
    /// becomes undrawn again if the draw window is open and the line is neither terminated nor was in default, else it goes
    /// to the claim too.
    /// @return paid what was taken: min(amount, debt).
    function repay(uint256 id, uint96 amount) external returns (uint96 paid);

    /// @notice Repays from the line's reserve what is needed, as far as reserve and `maxSpent` go. Only the borrower or its operator.
    /// @dev Refused (`NothingDue`) when nothing is needed. `paid` is the largest amount with paid ≤ needed and
    /// paid + fee ≤ min(reserve, maxSpent), the fee ⌊paid·feeBps/1e4⌋ coming on top. The reserve is cash: what it pays is
    /// credited as in `repay`. Reads a price for EXCESS only.
    /// @return needed what was asked for, paid and fee of it; all in loan base units.
    function repayFromReserve(uint256 id, Repayment calldata repayment)
        external
        returns (uint96 needed, uint96 paid, uint96 fee);

    /// @notice Repays in kind: collateral moves to the holder's claim at the risk price less the offer's discount.
    /// @dev Only the borrower or its operator. Only for an unpaid bill (then at most what is due) or when
    /// debt·1e4 > inKindLtvBps·V at the measuring price (then at most what restores the initial LTV); whichever allows more.
    /// Refused when the discount is zero or smaller than the feeds' deviation, and (`NothingDue`) when nothing is needed.
    /// EXCESS needs more than in cash, because the collateral shrinks too. Seizes ⌈paid·1e36·1e4/(price·(1e4−discount))⌉.
    /// The keeper's fee is ⌊paid·feeBps/1e4⌋ in loan value, taken in collateral at the risk price, rounded down.
    /// Fee and seizure stay within min(collateral, maxSpent). Refused (`Unhealthy`) if it would make a healthy line unhealthy.
    /// Nothing of it becomes undrawn again.
    /// @return needed what was asked for and paid of it in loan base units, seized and fee in collateral base units.
    function repayInKind(uint256 id, Repayment calldata repayment)
        external
        returns (uint96 needed, uint96 paid, uint96 seized, uint96 fee);

    /// @notice Pays all that is owed from the reserve first and then from the caller, releases undrawn to the claim, and
    /// returns collateral and reserve to `to`. Only the borrower (an operator: to the borrower). Cannot be paused, needs no price.
    /// @return paid what the caller paid in cash.
    function close(uint256 id, address to) external returns (uint96 paid);

    /// @notice Moves undrawn to the claim of a line in default or past its draw window. Anyone may.
    function terminate(uint256 id) external;

    /// @notice Repays an unhealthy or defaulted line for its collateral. Anyone may.
    /// @dev The reserve pays first, without bonus: in default the debt, else what restores the initial LTV. If the line is still
    /// unhealthy or in default, the caller pays at most what restores the initial LTV (in default the debt; all that the
    /// collateral covers, where less than minDebt would be left) and takes collateral worth it plus the bonus at the
    /// measuring price. Reverts when that is less than `minSeized`, or when less than that was asked for and less than
    /// minDebt would be left. With `maxRepaid` zero only the reserve pays: in default without a price, so a dead feed
    /// doesn't keep it from the holder. All proceeds go to the claim. Debt that is left without collateral and reserve is
    /// written off, which ends and terminates the line.
    /// @return repaid what the caller paid in cash, and seized collateral base units sent to `to`.
    function liquidate(uint256 id, uint96 maxRepaid, uint96 minSeized, address to)
        external
        returns (uint96 repaid, uint96 seized);

    /// @notice Pays out what the line owes to its NFT holder in one of its two tokens. Only the NFT's owner or approved.
    /// @dev Never depends on status. Burns the NFT when the line is closed (or written off) and nothing is left.
    function claim(uint256 id, address token, address to) external returns (uint96 amount);

    // ---------------------------------------------------------------- permissions

    /// @notice Lets `operator` act on all lines of the caller: draw to the borrower, pay from reserve and in kind, close to the
    /// borrower; and open more of them, with collateral that the operator pays.
    function setOperator(address operator, bool approved) external;

    function isOperator(address borrower, address operator) external view returns (bool);

    /// @notice Stops open, draw and withdrawals that keep debt, for 7 days. Only the guardian; again only after a cool-down of 7 days.
    function stop() external;

    /// @notice Ends the stop early. The cool-down still runs from when the stop would have ended.
    function resume() external;

    /// @notice The second at which the stop ends; in the past or zero when there is none.
    function stoppedUntil() external view returns (uint40);

    /// @notice The first second at which the guardian may stop again.
    function coolingUntil() external view returns (uint40);

    /// @notice Who may stop. Fixed at deployment; zero when nobody may.
    function guardian() external view returns (address);

    // ---------------------------------------------------------------- several calls in one

    /// @notice Runs each of `data` as a call of the caller to this contract; all of them or none.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    /// @notice Hands an ERC-2612 permit of the caller for this vault to `token`, to be used in a multicall. A permit that
    /// fails is passed over: somebody may have used it first, and the pull that needs it will tell.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    // ---------------------------------------------------------------- views

    function nft() external view returns (ICreditLineNFT);

    /// @notice The id of the last line opened; ids run from 1 without gaps.
    function lineCount() external view returns (uint256);

    function borrowerOf(uint256 id) external view returns (address);

    function terms(uint256 id) external view returns (LineTerms memory);

    /// @notice The state as stored, not accrued to the present.
    function stored(uint256 id) external view returns (StoredState memory);

    /// @notice The state as it would be stored if the line were accrued at `at` (seconds, not before accruedAt).
    function projected(uint256 id, uint32 at) external view returns (StoredState memory);

    /// @notice What is billed and unpaid, and all that is owed, now, in loan base units, rounded up.
    function owed(uint256 id) external view returns (uint256 due, uint256 debt);

    function status(uint256 id) external view returns (Status);

    /// @notice All that is owed now, and what the collateral is worth at the measuring price, rounded down, in loan base units.
    /// @dev Reverts with `PriceUnavailable` when there is no measuring price. The line is unhealthy if debt·1e4 > lltv·value.
    function health(uint256 id) external view returns (uint256 debt, uint256 value);

    /// @notice What `repayFromReserve` would pay now, if the reserve held enough, in loan base units. Reverts as it does.
    function neededOf(uint256 id, Repayment calldata repayment) external view returns (uint96);

    /// @notice keccak256(abi.encode(id, stored(id))): equals the id followed by the data of the line's last `LineState` event.
    function stateHash(uint256 id) external view returns (bytes32);
}
