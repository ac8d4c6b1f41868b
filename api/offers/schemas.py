"""JSON forms of offers."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from api.wire import (
    Address,
    Hash,
    Instant,
    Snapshotted,
    TokenAmount,
    Uint16,
    Uint32,
    Uint40,
    Uint96,
    Uint256,
    WireModel,
)
from orchestrator.credit.offer import Offer
from orchestrator.credit.units import Bps, CollateralWei, Timestamp, Wei

EXAMPLE_MESSAGE: Final[dict[str, JsonValue]] = {
    "lender": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "borrower": "0x0000000000000000000000000000000000000000",
    "loanToken": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "collateralToken": "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
    "oracle": "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
    "limit": "50000000000",
    "minCollateral": "500000000000000000000",
    "aprBps": "900",
    "originationBps": "50",
    "commitmentBps": "100",
    "penaltyBps": "500",
    "initialLtvBps": "6500",
    "liquidationLtvBps": "8000",
    "bonusBps": "500",
    "inKindLtvBps": "7200",
    "inKindDiscountBps": "200",
    "amortBps": "0",
    "periodHours": "720",
    "graceHours": "72",
    "drawWindowHours": "4320",
    "termHours": "8760",
    "expiry": "1893456000",
    "group": "1",
    "groupCap": "100000000000",
    "epoch": "0",
}
EXAMPLE_SIGNATURE = "0x" + "5c" * 32 + "1d" * 32 + "1b"
EXAMPLE_VAULT = "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9"
EXAMPLE_HASH = "0x3d1f6f3cbe0b8a5b6c7a3f0e6a8b1c9d2e4f50617283940a1b2c3d4e5f607182"


class OfferMessage(WireModel):
    """The EIP-712 message of an offer, named as in Solidity. Amounts are base units, rates basis points a year."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        serialize_by_alias=True,
        json_schema_extra={"example": EXAMPLE_MESSAGE},
    )

    lender: Address
    borrower: Address = Field(description="The zero address means anyone.")
    loan_token: Address
    collateral_token: Address
    oracle: Address
    limit: Uint96
    min_collateral: Uint96 = Field(description="For the whole limit; a smaller fill brings its share, rounded up.")
    apr_bps: Uint16
    origination_bps: Uint16
    commitment_bps: Uint16
    penalty_bps: Uint16
    initial_ltv_bps: Uint16
    liquidation_ltv_bps: Uint16
    bonus_bps: Uint16
    in_kind_ltv_bps: Uint16
    in_kind_discount_bps: Uint16
    amort_bps: Uint16
    period_hours: Uint16
    grace_hours: Uint16
    draw_window_hours: Uint16
    term_hours: Uint16
    expiry: Uint40 = Field(description="The last second, in chain time, at which a line can be opened under it.")
    group: Uint256
    group_cap: Uint96 = Field(description="What all offers of this lender, loan token and group may lend together.")
    epoch: Uint32

    def offer(self) -> Offer:
        """The offer of the credit rules. Raises BadTerms as the contract does."""
        return Offer(
            lender=self.lender,
            borrower=self.borrower,
            loan_token=self.loan_token,
            collateral_token=self.collateral_token,
            oracle=self.oracle,
            limit=Wei(self.limit),
            min_collateral=CollateralWei(self.min_collateral),
            apr_bps=Bps(self.apr_bps),
            origination_bps=Bps(self.origination_bps),
            commitment_bps=Bps(self.commitment_bps),
            penalty_bps=Bps(self.penalty_bps),
            initial_ltv_bps=Bps(self.initial_ltv_bps),
            liquidation_ltv_bps=Bps(self.liquidation_ltv_bps),
            bonus_bps=Bps(self.bonus_bps),
            in_kind_ltv_bps=Bps(self.in_kind_ltv_bps),
            in_kind_discount_bps=Bps(self.in_kind_discount_bps),
            amort_bps=Bps(self.amort_bps),
            period_hours=self.period_hours,
            grace_hours=self.grace_hours,
            draw_window_hours=self.draw_window_hours,
            term_hours=self.term_hours,
            expiry=Timestamp(self.expiry),
            group=self.group,
            group_cap=Wei(self.group_cap),
            epoch=self.epoch,
        )


class OfferToSign(WireModel):
    """What a lender wants to offer."""

    offer: OfferMessage


class TypedDataPayload(WireModel):
    """An offer as a wallet signs it. Hand `typed_data` to `eth_signTypedData_v4` unchanged."""

    chain_id: int
    vault: Address
    offer_hash: Hash = Field(description="The offer's identity: its EIP-712 struct hash.")
    digest: Hash = Field(description="The 32 bytes that are signed.")
    typed_data: dict[str, Any]


class SignedOffer(WireModel):
    """An offer with its lender's signature."""

    chain_id: int = Field(gt=0, le=2**63 - 1)
    vault: Address
    offer: OfferMessage
    signature: Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2}){1,4096}$")] = Field(
        description="65 bytes r, s, v of an externally owned account, or whatever a contract wallet (ERC-1271) takes."
    )

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "chain_id": 31337,
                "vault": EXAMPLE_VAULT,
                "offer": EXAMPLE_MESSAGE,
                "signature": EXAMPLE_SIGNATURE,
            }
        },
    )

    @property
    def signature_bytes(self) -> bytes:
        return bytes.fromhex(self.signature[2:])


class PostedOffer(WireModel):
    """An offer of the order book, as it was posted. Nothing in it ever changes."""

    chain_id: int
    vault: Address
    offer_hash: Hash
    offer: OfferMessage
    signature: str
    posted_at: Instant


WhyNotFillable = Literal["unknown_market", "expired", "wrong_epoch", "group_cancelled", "group_consumed"]


class Fillable(WireModel):
    """What a borrower can still open under an offer, by what the chain says. The lender's balance is not looked at."""

    open: bool
    why_not: WhyNotFillable | None = Field(description="The first reason against it; null when it can be filled.")
    at_most: TokenAmount = Field(description="The least of the offer's limit and what its group's cap leaves.")
    at_least: TokenAmount | None = Field(description="The market's minimum debt.")
    group_consumed: TokenAmount | None = Field(description="What the group has lent; null once it is cancelled.")
    lender_epoch: int
    expires_at: Instant


class Offered(PostedOffer):
    """An offer with its prospects."""

    market_id: int | None
    fillable: Fillable

    @classmethod
    def of(cls, posted: PostedOffer, market_id: int | None, fillable: Fillable) -> Self:
        return cls(**dict(posted), market_id=market_id, fillable=fillable)


class OfferDetail(Offered, Snapshotted):
    """One offer."""


class OfferPage(Snapshotted):
    """Offers, the newest first."""

    items: list[Offered]
    next_cursor: str | None
