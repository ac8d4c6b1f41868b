// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";

import {ICreditVault, Offer} from "./ICreditVault.sol";
import {IPermit2, PermitSingle} from "./IPermit2.sol";

/// @notice A line to be opened: `amount` of it under a signed offer, `collateral` in all (collateral base units, at least
/// what the offer asks for this amount), and `drawn` (loan base units, may be zero) to the borrower at once.
struct Opening {
    Offer offer;
    bytes signature;
    uint96 amount;
    uint96 collateral;
    uint96 drawn;
}

/// @notice A line to be closed and the one that follows it. What closing costs comes from the caller, or, with a `flashLender`
/// (ERC-3156; zero for none), from a loan within the call whose fee is at most `maxFlashFee` loan base units.
struct Refinancing {
    uint256 oldId;
    Opening opening;
    address flashLender;
    uint256 maxFlashFee;
}

/// @title IBundler
/// @notice Conveniences for borrowers: signed allowances, and several steps in one call. Core knows nothing of it.
/// @dev Every function acts for its caller alone, with the caller's money and on the caller's lines, through `multicall` too.
/// Money comes from the caller's allowance to this contract, and where that is too small through Permit2. `open`, `close` and
/// `refinance` need the caller to have made this contract its operator in the vault (`setOperator`): it then may do
/// what any operator may, and does so only for the caller of these functions. It holds nothing between calls; what somebody
/// sent here by mistake is given to the next caller that uses the same token.
interface IBundler is IERC3156FlashBorrower {
    function vault() external view returns (ICreditVault);

    /// @notice Permit2's address. Where there is no code, only allowances to this contract count.
    function permit2() external view returns (IPermit2);

    // ---------------------------------------------------------------- allowances

    /// @notice Passes the caller's EIP-2612 permit for this contract to `token`. One that fails is passed over: it was used already, or
    /// the pull that needs it will tell.
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice The same with a signature for Permit2, which must name this contract (`NotTheSpender`). Reverts with `NoPermit2` where
    /// there is none.
    function permitThroughPermit2(PermitSingle calldata permitSingle, bytes calldata signature) external;

    // ---------------------------------------------------------------- lines

    /// @notice Opens a line for the caller with all of `collateral`, and draws at once.
    /// @dev Takes the origination fee and `collateral` from the caller. Reverts with `TooLittleCollateral` when the offer asks for
    /// more.
    function open(Opening calldata opening) external returns (uint256 id);

    /// @notice Adds collateral to any line.
    function deposit(uint256 id, uint96 amount) external;

    /// @notice Adds loan token to any line's reserve.
    function depositReserve(uint256 id, uint96 amount) external;

    /// @notice Repays any line, at most its debt.
    /// @return paid what was taken from the caller.
    function repay(uint256 id, uint96 amount) external returns (uint96 paid);

    /// @notice Closes a line of the caller. Collateral and what is left of the reserve go to the caller.
    /// @return paid what was taken from the caller: the debt, less the reserve.
    function close(uint256 id) external returns (uint96 paid);

    /// @notice Closes a line of the caller and opens another for it, all or nothing.
    /// @dev The old line is paid first, with cash from the caller or from the flash lender. Its collateral goes to the caller, from
    /// whom the new line's is taken; what is drawn goes to the caller, from whom the flash loan is paid back. So the caller's
    /// allowances to this contract must cover the new collateral, the fees and the cash. Emits `Refinanced`.
    function refinance(Refinancing calldata refinancing) external returns (uint256 newId);

    /// @notice Calls several of these functions as the caller, all or nothing.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);
}
