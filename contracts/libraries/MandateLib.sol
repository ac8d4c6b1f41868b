// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Kind, Mandate} from "../interfaces/IRepayTrigger.sol";
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

    /// @dev The EIP-712 struct hash. All fields are static, so their ABI encoding is their EIP-712 encoding.
    function hash(Mandate calldata mandate) internal pure returns (bytes32) {
        return keccak256(abi.encode(MANDATE_TYPEHASH, mandate));
    }

    /// @dev The same of a mandate that was decoded from a batch.
    function hashInMemory(Mandate memory mandate) internal pure returns (bytes32) {
        return keccak256(abi.encode(MANDATE_TYPEHASH, mandate));
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

    function _require(bool holds, bytes32 field, uint256 value) private pure {
        require(holds, ErrorsLib.BadMandate(field, value));
    }
}
