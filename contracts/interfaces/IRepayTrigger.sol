// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICreditVault} from "./ICreditVault.sol";

/// @notice What makes a mandate fire.
/// @dev DUE: a bill is unpaid; pays what is due. LTV: debt over value at the measuring price is above `thresholdBps` and above
/// the initial LTV; pays back to the initial LTV. LEVEL: the feed is strictly beyond `level`; pays `amount` at each firing.
/// SHARE: `shareBps` of what a cumulative revenue feed (whole loan tokens, in its own decimals) grew by since registration.
enum Kind {
    DUE,
    LTV,
    LEVEL,
    SHARE
}

/// @notice What a mandate pays from.
/// @dev TOP_UP: the reserve, after the borrower's wallet has filled it up with what it lacks for the payment and its fee, as far
/// as the borrower's allowance to the trigger and its balance go. What it gives is spent to the last unit.
enum From {
    RESERVE,
    COLLATERAL,
    TOP_UP
}

/// @notice What a borrower signs (EIP-712): when to repay, from what, and how much at most.
/// @dev Fields that the kind doesn't use are zero. `capPerPeriod` bounds payment plus fee in each of the mandate's own periods,
/// which run from its registration: collateral base units for COLLATERAL, else loan base units. What a TOP_UP moves is at most that.
struct Mandate {
    uint256 lineId;
    Kind kind;
    From source;
    uint16 thresholdBps;
    uint16 shareBps;
    uint16 feeBps;
    uint16 periodHours;
    uint96 capPerPeriod;
    uint96 amount;
    address feed;
    bool above;
    int256 level;
    uint40 expiry;
    uint256 nonce;
}

/// @notice What the trigger remembers of a registered mandate.
/// @dev `period` is the index of the period last fired in, `spent` what went out in it, `fires` counts firings for ever.
struct MandateState {
    uint32 registeredAt;
    uint32 period;
    uint96 spent;
    uint32 fires;
    bool closed;
    bool revoked;
}

/// @title IRepayTrigger
/// @notice Fires borrowers' mandates. Anyone may call; every condition is derived again on-chain.
interface IRepayTrigger {
    function vault() external view returns (ICreditVault);

    /// @notice The EIP-712 digest that the borrower signs.
    function mandateDigest(Mandate calldata mandate) external view returns (bytes32);

    /// @notice The EIP-712 struct hash: the mandate's identity.
    function hashMandate(Mandate calldata mandate) external pure returns (bytes32);

    /// @notice Registers a mandate signed by the line's borrower (EOA or ERC-1271). Anyone may carry the signature.
    function register(Mandate calldata mandate, bytes calldata signature) external returns (bytes32 mandateHash);

    /// @notice Burns a nonce of the caller, registered or not; a mandate registered under it never fires again.
    function revoke(uint256 nonce) external;

    /// @notice Fires one mandate; the fee goes to `keeper`.
    /// @return paid loan base units repaid, spent what left the source with the fee (base units of the source's token).
    function fire(Mandate calldata mandate, address keeper) external returns (uint96 paid, uint96 spent);

    /// @notice Chainlink Automation: `checkData` is abi.encode(Mandate[]).
    /// @return upkeepNeeded whether any would fire, and performData with those that would, as abi.encode(Mandate[]).
    function checkUpkeep(bytes calldata checkData) external returns (bool upkeepNeeded, bytes memory performData);

    /// @notice Chainlink Automation: fires each mandate of abi.encode(Mandate[]) on its own; one that fails stores nothing and
    /// holds nobody up (`FiringFailed`). Reverts when none fired, or when too little gas is left to go on fairly.
    function performUpkeep(bytes calldata performData) external;

    /// @notice What `checkUpkeep` asks of itself: fires and reverts, with `WouldFire` if the firing succeeded. Only the trigger.
    function probe(Mandate calldata mandate) external;

    /// @notice What `performUpkeep` asks of itself for each item. Only the trigger.
    function fireFor(Mandate calldata mandate, address keeper) external;

    function stateOf(bytes32 mandateHash) external view returns (MandateState memory);

    /// @notice SHARE: the feed's mark up to which revenue was counted, and what was counted but not yet paid, as an exact
    /// numerator over 1e4·10^(feed's decimals): carry grows by (answer − mark)·shareBps·10^(loan token's decimals).
    function shareOf(bytes32 mandateHash) external view returns (uint256 mark, uint256 carry);

    function isBurned(address borrower, uint256 nonce) external view returns (bool);
}
