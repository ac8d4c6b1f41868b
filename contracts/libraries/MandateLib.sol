// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Kind, Mandate, MandateState} from "../interfaces/IRepayTrigger.sol";
import {BPS, MAX_KEEPER_FEE_BPS} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";

/// @title MandateLib
/// @notice What a borrower signs: its EIP-712 hash, and which mandates are refused whoever signed them.
library MandateLib {
    bytes32 internal constant MANDATE_TYPEHASH = keccak256(
        "Mandate(uint256 lineId,uint8 kind,uint8 source,uint16 thresholdBps,uint16 shareBps,uint16 feeBps,"
        "uint16 periodHours,uint96 capPerPeriod,uint96 amount,address feed,bool above,int256 level,uint40 expiry,"
        "uint256 nonce)"
    );

    /// @dev 14 fields, one word each.
    uint256 internal constant MANDATE_SIZE = 14 * 32;

    uint256 private constant CLOSED = 1 << 192;
    uint256 private constant REVOKED = 1 << 193;

    /// @dev The EIP-712 struct hash: all fields are static, so their ABI encoding is their EIP-712 encoding. Words are hashed
    /// as they come. A field with dirty upper bits is refused where it is read, and hashes to something that nobody signed.
    function hash(Mandate calldata mandate) internal pure returns (bytes32 mandateHash) {
        bytes32 typehash = MANDATE_TYPEHASH;
        // audit: no-inline-assembly: encoding field by field costs each firing of a batch 500 gas
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            mstore(encoded, typehash)
            calldatacopy(add(encoded, 0x20), mandate, MANDATE_SIZE)
            mandateHash := keccak256(encoded, add(MANDATE_SIZE, 0x20))
        }
    }

    /// @dev The same of an item of a batch.
    function hashEncoded(bytes calldata mandate) internal pure returns (bytes32) {
        return keccak256(bytes.concat(MANDATE_TYPEHASH, mandate));
    }

    /// @dev Refuses fields out of range, fields that the kind needs and that are zero, and fields that it does not use and
    /// that are not: what was signed must mean what it says.
    function check(Mandate calldata mandate) internal view {
        Kind kind = mandate.kind;
        bool readsFeed = kind == Kind.LEVEL || kind == Kind.SHARE;
        _require(mandate.feeBps <= MAX_KEEPER_FEE_BPS, "feeBps", mandate.feeBps);
        _require(mandate.periodHours > 0, "periodHours", 0);
        _require(mandate.capPerPeriod > 0, "capPerPeriod", 0);
        _require((mandate.thresholdBps > 0) == (kind == Kind.LTV), "thresholdBps", mandate.thresholdBps);
        _require((mandate.shareBps > 0) == (kind == Kind.SHARE), "shareBps", mandate.shareBps);
        _require(mandate.shareBps <= BPS, "shareBps", mandate.shareBps);
        _require((mandate.amount > 0) == (kind == Kind.LEVEL), "amount", mandate.amount);
        _require((mandate.feed != address(0)) == readsFeed, "feed", uint160(mandate.feed));
        _require(kind == Kind.LEVEL || (!mandate.above && mandate.level == 0), "level", uint256(mandate.level));
        require(!readsFeed || mandate.feed.code.length > 0, ErrorsLib.BadFeed(mandate.feed));
    }

    // ---------------------------------------------------------------- what is remembered, in one word

    /// @dev `MandateState` in one word, the first field lowest.
    function pack(MandateState memory state) internal pure returns (uint256 packed) {
        packed = uint256(state.registeredAt) | uint256(state.period) << 32 | uint256(state.spent) << 64
            | uint256(state.fires) << 160;
        if (state.closed) packed |= CLOSED;
        if (state.revoked) packed |= REVOKED;
    }

    function unpack(uint256 packed) internal pure returns (MandateState memory state) {
        state.registeredAt = uint32(packed);
        state.period = uint32(packed >> 32);
        state.spent = uint96(packed >> 64);
        state.fires = uint32(packed >> 160);
        state.closed = packed & CLOSED != 0;
        state.revoked = packed & REVOKED != 0;
    }

    /// @dev Of a mandate that never fired.
    function registered(uint32 at) internal pure returns (uint256 packed) {
        return at;
    }

    function revoked(uint256 packed) internal pure returns (uint256) {
        return packed | REVOKED;
    }

    // ---------------------------------------------------------------- internal

    function _require(bool holds, bytes32 field, uint256 value) private pure {
        require(holds, ErrorsLib.BadMandate(field, value));
    }
}
