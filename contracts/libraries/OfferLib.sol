// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LineTerms, Offer} from "../interfaces/ICreditVault.sol";
import {
    BPS,
    MAX_APR_BPS,
    MAX_BONUS_BPS,
    MAX_COMMITMENT_BPS,
    MAX_DISCOUNT_BPS,
    MAX_KEEPER_FEE_BPS,
    MAX_LIMIT,
    MAX_ORIGINATION_BPS,
    MAX_PENALTY_BPS
} from "./ConstantsLib.sol";
import {ErrorsLib} from "./ErrorsLib.sol";
import {MathLib} from "./MathLib.sol";

/// @title OfferLib
/// @notice What a lender signs: its EIP-712 hash, which terms are refused whoever signed them, and the line's terms.
library OfferLib {
    using MathLib for uint256;

    bytes32 internal constant OFFER_TYPEHASH = keccak256(
        "Offer(address lender,address borrower,address loanToken,address collateralToken,address oracle,"
        "uint96 limit,uint96 minCollateral,uint16 aprBps,uint16 originationBps,uint16 commitmentBps,uint16 penaltyBps,"
        "uint16 initialLtvBps,uint16 liquidationLtvBps,uint16 bonusBps,uint16 inKindLtvBps,uint16 inKindDiscountBps,"
        "uint16 amortBps,uint16 periodHours,uint16 graceHours,uint16 drawWindowHours,uint16 termHours,uint40 expiry,"
        "uint256 group,uint96 groupCap,uint32 epoch)"
    );

    /// @dev 25 fields, one word each.
    uint256 private constant OFFER_SIZE = 25 * 32;

    /// @dev The offer in memory, and its EIP-712 struct hash: all fields are static, so their ABI encoding is their EIP-712
    /// encoding. Words are copied as they come. One with dirty upper bits is cleaned where it is read, and hashes to
    /// something that nobody signed.
    function load(Offer calldata signed) internal pure returns (Offer memory offer, bytes32 offerHash) {
        bytes32 typehash = OFFER_TYPEHASH;
        // audit: no-inline-assembly: decoding field by field costs the vault a kilobyte that it doesn't have
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            offer := add(encoded, 0x20)
            mstore(0x40, add(offer, OFFER_SIZE))
            mstore(encoded, typehash)
            calldatacopy(offer, signed, OFFER_SIZE)
            offerHash := keccak256(encoded, add(OFFER_SIZE, 0x20))
        }
    }

    function hash(Offer calldata signed) internal pure returns (bytes32 offerHash) {
        (, offerHash) = load(signed);
    }

    /// @dev Refuses terms beyond the caps, and those that contradict each other. No inequality is rounded: each is
    /// multiplied out.
    function check(Offer memory offer) internal pure {
        _atMost("limit", offer.limit, MAX_LIMIT);
        _atMost("aprBps", offer.aprBps, MAX_APR_BPS);
        _atMost("originationBps", offer.originationBps, MAX_ORIGINATION_BPS);
        _atMost("commitmentBps", offer.commitmentBps, MAX_COMMITMENT_BPS);
        _atMost("penaltyBps", offer.penaltyBps, MAX_PENALTY_BPS);
        _atMost("bonusBps", offer.bonusBps, MAX_BONUS_BPS);
        _atMost("inKindDiscountBps", offer.inKindDiscountBps, MAX_DISCOUNT_BPS);
        _atMost("amortBps", offer.amortBps, BPS);
        _atMost("drawWindowHours", offer.drawWindowHours, offer.termHours);
        require(offer.periodHours > 0, ErrorsLib.BadTerms("periodHours", 0));

        uint256 lltv = offer.liquidationLtvBps;
        require(offer.initialLtvBps < lltv, ErrorsLib.BadTerms("initialLtvBps", offer.initialLtvBps));
        // Whoever liquidates at the limit still finds collateral for the whole debt and the bonus.
        require(lltv * (BPS + offer.bonusBps) < BPS * BPS, ErrorsLib.BadTerms("bonusBps", offer.bonusBps));
        // The same for a payment in kind, with its discount and its keeper's fee.
        require(
            lltv * (BPS + MAX_KEEPER_FEE_BPS) < BPS * (BPS - offer.inKindDiscountBps),
            ErrorsLib.BadTerms("inKindDiscountBps", offer.inKindDiscountBps)
        );
    }

    function _atMost(bytes32 field, uint256 value, uint256 cap) private pure {
        require(value <= cap, ErrorsLib.BadTerms(field, value));
    }

    /// @dev The collateral that the offer asks for a fill of `amount`, rounded up.
    function collateralUp(Offer memory offer, uint256 amount) internal pure returns (uint256) {
        return uint256(offer.minCollateral).mulDivUp(amount, offer.limit);
    }

    /// @dev The fee for opening a line of `amount`, rounded up.
    function originationFeeUp(Offer memory offer, uint256 amount) internal pure returns (uint256) {
        return (amount * offer.originationBps).divUp(BPS);
    }

    /// @dev What of an offer a line keeps for ever.
    function toTerms(Offer memory offer, uint16 marketId, uint32 openedAt)
        internal
        pure
        returns (LineTerms memory terms)
    {
        terms.aprBps = offer.aprBps;
        terms.commitmentBps = offer.commitmentBps;
        terms.penaltyBps = offer.penaltyBps;
        terms.initialLtvBps = offer.initialLtvBps;
        terms.liquidationLtvBps = offer.liquidationLtvBps;
        terms.bonusBps = offer.bonusBps;
        terms.inKindLtvBps = offer.inKindLtvBps;
        terms.inKindDiscountBps = offer.inKindDiscountBps;
        terms.amortBps = offer.amortBps;
        terms.periodHours = offer.periodHours;
        terms.graceHours = offer.graceHours;
        terms.drawWindowHours = offer.drawWindowHours;
        terms.termHours = offer.termHours;
        terms.openedAt = openedAt;
        terms.marketId = marketId;
    }
}
