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

/// @title OfferLib
/// @notice What a lender signs: its EIP-712 hash, which terms are refused whoever signed them, and the line's terms.
library OfferLib {
    bytes32 internal constant OFFER_TYPEHASH = keccak256(
        "Offer(address lender,address borrower,address loanToken,address collateralToken,address oracle,"
        "uint96 limit,uint96 minCollateral,uint16 aprBps,uint16 originationBps,uint16 commitmentBps,uint16 penaltyBps,"
        "uint16 initialLtvBps,uint16 liquidationLtvBps,uint16 bonusBps,uint16 inKindLtvBps,uint16 inKindDiscountBps,"
        "uint16 amortBps,uint16 periodHours,uint16 graceHours,uint16 drawWindowHours,uint16 termHours,uint40 expiry,"
        "uint256 group,uint96 groupCap,uint32 epoch)"
    );

    /// @dev The EIP-712 struct hash. All fields are static, so their ABI encoding is their EIP-712 encoding.
    function hash(Offer calldata offer) internal pure returns (bytes32) {
        return keccak256(abi.encode(OFFER_TYPEHASH, offer));
    }

    /// @dev Refuses terms beyond the caps, and those that contradict each other. No inequality is rounded: each is
    /// multiplied out.
    function check(Offer calldata offer) internal pure {
        require(offer.limit <= MAX_LIMIT, ErrorsLib.BadTerms("limit", offer.limit));
        require(offer.aprBps <= MAX_APR_BPS, ErrorsLib.BadTerms("aprBps", offer.aprBps));
        require(offer.originationBps <= MAX_ORIGINATION_BPS, ErrorsLib.BadTerms("originationBps", offer.originationBps));
        require(offer.commitmentBps <= MAX_COMMITMENT_BPS, ErrorsLib.BadTerms("commitmentBps", offer.commitmentBps));
        require(offer.penaltyBps <= MAX_PENALTY_BPS, ErrorsLib.BadTerms("penaltyBps", offer.penaltyBps));
        require(offer.amortBps <= BPS, ErrorsLib.BadTerms("amortBps", offer.amortBps));
        require(offer.periodHours > 0, ErrorsLib.BadTerms("periodHours", 0));
        require(
            offer.drawWindowHours <= offer.termHours, ErrorsLib.BadTerms("drawWindowHours", offer.drawWindowHours)
        );

        uint256 lltv = offer.liquidationLtvBps;
        require(offer.initialLtvBps < lltv, ErrorsLib.BadTerms("initialLtvBps", offer.initialLtvBps));
        // Whoever liquidates at the limit still finds collateral for the whole debt and the bonus.
        require(
            offer.bonusBps <= MAX_BONUS_BPS && lltv * (BPS + offer.bonusBps) < BPS * BPS,
            ErrorsLib.BadTerms("bonusBps", offer.bonusBps)
        );
        // The same for a payment in kind, with its discount and its keeper's fee.
        uint256 discount = offer.inKindDiscountBps;
        require(
            discount <= MAX_DISCOUNT_BPS && lltv * (BPS + MAX_KEEPER_FEE_BPS) < BPS * (BPS - discount),
            ErrorsLib.BadTerms("inKindDiscountBps", discount)
        );
    }

    /// @dev What of an offer a line keeps for ever.
    function toTerms(Offer calldata offer, uint16 marketId, uint32 openedAt) internal pure returns (LineTerms memory terms) {
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
