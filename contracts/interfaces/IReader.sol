// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditVault, LineTerms, Market, Status, StoredState} from "./ICreditVault.sol";
import {IOracleAdapter} from "./IOracleAdapter.sol";

/// @notice Both readings of an oracle, in loan base units for one collateral base unit times 1e36; zero where there is none.
/// @dev `reason` and `feed` say what stands against the risk price: OK and zero, or the first objection and whose it is. An oracle
/// that can't be read at all is UNREADABLE, under its own address.
struct Prices {
    uint256 measuringE36;
    uint256 riskE36;
    uint256 deviationBps;
    IOracleAdapter.Reason reason;
    address feed;
}

/// @notice What a line's debt is against its collateral, at the measuring price.
/// @dev `known` is false where there is collateral and no measuring price; the rest is zero then. `value` is rounded down and
/// `ltvBps` up: the maximum of uint256 for a debt against nothing. `excess` is what must be repaid in cash to be back at
/// the initial LTV, rounded up: what an LTV mandate would pay.
struct Health {
    bool known;
    bool unhealthy;
    uint256 value;
    uint256 ltvBps;
    uint256 excess;
}

/// @notice All there is to know of a line at this second.
/// @dev `holder` is zero once the NFT is burned. `present` is `stored` accrued to now, and what follows is of `present`. `due` and
/// `debt` are loan base units, rounded up. `nextDueAt` is since when a bill is, or will be, unpaid if nobody draws or pays; zero
/// when there will be none. `liquidatable` says that anyone may liquidate: unhealthy, or in default.
struct LineView {
    uint256 id;
    address borrower;
    address holder;
    LineTerms terms;
    Market market;
    StoredState stored;
    StoredState present;
    Status status;
    uint256 due;
    uint256 debt;
    uint256 nextDueAt;
    uint256 windowEndsAt;
    uint256 maturesAt;
    Prices prices;
    Health health;
    bool liquidatable;
}

/// @notice A line, or why it could not be read: `reason` is the revert data, `NoSuchLine` for one.
struct Reading {
    bool success;
    bytes reason;
    LineView line;
}

/// @title IReader
/// @notice Whole lines, and many of them, in one call. For reading off-chain: nothing on-chain should decide by it.
/// @dev Prices are read with bounded gas for each line, so that an oracle which reverts, burns its gas or returns megabytes costs its own
/// lines their price and no line anything else. A call that leaves too little gas for that says so (`TooLittleGas`).
interface IReader {
    function vault() external view returns (ICreditVault);

    /// @notice One line. Reverts with `NoSuchLine`.
    function line(uint256 id) external view returns (LineView memory);

    /// @notice Many lines, in the order of `ids`. One that can't be read does not spoil the others.
    function lines(uint256[] calldata ids) external view returns (Reading[] memory);

    /// @notice The lines from `first` to `last`, both included, as far as they exist.
    function linesBetween(uint256 first, uint256 last) external view returns (Reading[] memory);

    /// @notice Both readings of an oracle. Reverts when it answers in no oracle's form.
    function pricesOf(IOracleAdapter oracle) external view returns (Prices memory);
}
