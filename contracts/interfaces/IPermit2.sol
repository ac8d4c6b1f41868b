// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An allowance as its owner signs it. `nonce` is the one that Permit2 counts for (owner, token, spender).
struct PermitDetails {
    address token;
    uint160 amount;
    uint48 expiration;
    uint48 nonce;
}

/// @notice What the owner signs (EIP-712, in Permit2's domain). The signature itself holds until `sigDeadline`.
struct PermitSingle {
    PermitDetails details;
    address spender;
    uint256 sigDeadline;
}

/// @title IPermit2
/// @notice What Covenant uses of Uniswap's Permit2 (AllowanceTransfer): allowances that are signed and that expire, for any token whose
/// owner once approved Permit2.
interface IPermit2 {
    /// @notice Sets the allowance that `owner` signed (EOA or ERC-1271).
    function permit(address owner, PermitSingle calldata permitSingle, bytes calldata signature) external;

    /// @notice Moves `amount` of `token` within the allowance that `from` gave the caller.
    function transferFrom(address from, address to, uint160 amount, address token) external;
}
