"""JSON forms of mandates to sign. Field names are those of the Solidity struct, since that is what wallets sign."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from api.mandates.problems import BAD_MANDATE
from api.problems import InvalidField, Problem
from api.wire import Address, Hash, Int256, Uint8, Uint16, Uint40, Uint96, Uint256, WireModel, decimal_text
from api.words import hours, moment
from orchestrator.credit.errors import BadMandate
from orchestrator.credit.mandate import From, Kind, Mandate
from orchestrator.credit.units import Bps, Timestamp, Wei
from orchestrator.triggers.words import percent

EXAMPLE_MANDATE: Final[dict[str, JsonValue]] = {
    "lineId": "1",
    "kind": "1",
    "source": "0",
    "thresholdBps": "7000",
    "shareBps": "0",
    "feeBps": "50",
    "periodHours": "168",
    "capPerPeriod": "400000000",
    "amount": "0",
    "feed": "0x0000000000000000000000000000000000000000",
    "above": False,
    "level": "0",
    "expiry": "1893456000",
    "nonce": "1",
}


class MandateMessage(WireModel):
    """The EIP-712 message of a mandate.

    `kind`: 0 due, 1 loan-to-value, 2 level, 3 share. `source`: 0 reserve, 1 collateral, 2 reserve with top-up. Fields
    that the kind does not use are zero.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        serialize_by_alias=True,
        json_schema_extra={"example": EXAMPLE_MANDATE},
    )

    line_id: Uint256
    kind: Uint8
    source: Uint8
    threshold_bps: Uint16
    share_bps: Uint16
    fee_bps: Uint16
    period_hours: Uint16
    cap_per_period: Uint96 = Field(description="Bounds payment plus fee in each period of the mandate's own.")
    amount: Uint96
    feed: Address
    above: bool
    level: Int256
    expiry: Uint40
    nonce: Uint256

    def mandate(self) -> Mandate:
        """The mandate of the credit rules. Raises Problem as the contract would refuse."""
        try:
            return Mandate(
                line_id=self.line_id,
                kind=_enum(Kind, "kind", self.kind),
                source=_enum(From, "source", self.source),
                threshold_bps=Bps(self.threshold_bps),
                share_bps=Bps(self.share_bps),
                fee_bps=Bps(self.fee_bps),
                period_hours=self.period_hours,
                cap_per_period=self.cap_per_period,
                amount=Wei(self.amount),
                feed=self.feed,
                above=self.above,
                level=self.level,
                expiry=Timestamp(self.expiry),
                nonce=self.nonce,
            )
        except BadMandate as error:
            field = InvalidField(at=f"body.mandate.{to_camel(error.field)}", message=error.reason)
            raise Problem(BAD_MANDATE, str(error), errors=[field]) from error

    def words(self, feed_decimals: int | None) -> str:
        """What makes it fire, what it pays from and what that costs, for people.

        ``feed_decimals`` are those of its feed's answers; None when it has no feed, or one that is not followed.
        """
        mandate = self.mandate()
        cause = {
            Kind.DUE: "pays each bill",
            Kind.LTV: "pays back to the initial loan-to-value when debt over value is above "
            f"{percent(self.threshold_bps)}",
            Kind.LEVEL: f"pays when feed {self.feed} is {'above' if self.above else 'below'} "
            f"{_level(self.level, feed_decimals)}",
            Kind.SHARE: f"pays {percent(self.share_bps)} of what feed {self.feed} counts",
        }[mandate.kind]
        source = mandate.source.name.lower().replace("_", "-")
        return (
            f"{cause}, from the {source}, up to its cap in each {hours(self.period_hours)}; "
            f"whoever fires it takes {percent(self.fee_bps)} of a payment; until {moment(self.expiry)}"
        )


class MandateToSign(WireModel):
    """What a borrower wants to happen without it."""

    mandate: MandateMessage


class MandatePayload(WireModel):
    """A mandate as a wallet signs it. Hand `typed_data` to `eth_signTypedData_v4` unchanged."""

    chain_id: int
    trigger: Address
    mandate_hash: Hash = Field(description="The mandate's identity: its EIP-712 struct hash.")
    digest: Hash = Field(description="The 32 bytes that are signed.")
    typed_data: dict[str, Any]
    words: str


def _level(answer: int, feed_decimals: int | None) -> str:
    if feed_decimals is None:
        return f"{answer} (in the units of its answers: the feed is not followed, so its decimals are not known)"
    return decimal_text(answer, feed_decimals)


def _enum(kind: Any, name: str, value: int) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise BadMandate(name, value, f"must be one of {', '.join(str(int(member)) for member in kind)}") from None
