"""JSON forms of a portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import Field

from api.lines.schemas import MarketRef, Price, StatusName, Token
from api.wire import Address, Instant, Snapshotted, TokenAmount, WireModel


class HealthBandName(StrEnum):
    """How far the price of the collateral must fall until a line is unhealthy."""

    UNHEALTHY = "unhealthy"
    CRITICAL = "critical"
    TIGHT = "tight"
    WATCHED = "watched"
    COMFORTABLE = "comfortable"
    NO_DEBT = "no_debt"
    NO_PRICE = "no_price"


class BillTime(StrEnum):
    """When the next bill of a line comes, from the second of the snapshot; each line is counted once."""

    UNPAID = "unpaid"
    WITHIN_1_DAY = "within_1_day"
    WITHIN_7_DAYS = "within_7_days"
    WITHIN_30_DAYS = "within_30_days"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Band:
    """Lines that become unhealthy when the price falls by ``fall_from_bps`` or more, but less than ``fall_to_bps``."""

    name: HealthBandName
    fall_from_bps: int | None
    fall_to_bps: int | None


BANDS: Final = (
    Band(HealthBandName.UNHEALTHY, None, 0),
    Band(HealthBandName.CRITICAL, 0, 500),
    Band(HealthBandName.TIGHT, 500, 1_500),
    Band(HealthBandName.WATCHED, 1_500, 3_000),
    Band(HealthBandName.COMFORTABLE, 3_000, None),
)
"""From the worst to the best."""


class LoanTotals(WireModel):
    """What is lent in one token. Each line is rounded up before it is added."""

    token: Token
    limit: TokenAmount = Field(description="What the open lines were opened for.")
    principal: TokenAmount
    accrued: TokenAmount = Field(description="Interest, fees and penalties owed on top of the principal.")
    debt: TokenAmount = Field(description="`principal` and `accrued`.")
    due: TokenAmount = Field(description="The part of the debt that is billed and unpaid.")
    undrawn: TokenAmount
    reserve: TokenAmount
    claim: TokenAmount = Field(description="Paid, and not yet claimed by the holders of the NFTs.")
    collateral_value: TokenAmount = Field(
        description="Of the collateral behind it, each line's rounded down; markets without a price add nothing."
    )


class CollateralTotals(WireModel):
    """What secures the lines, in one token."""

    token: Token
    collateral: TokenAmount
    claim: TokenAmount = Field(description="Seized or paid in kind, and not yet claimed.")


class MarketTotals(WireModel):
    """The open lines of one market at the measuring price of its oracle."""

    market: MarketRef
    price: Price | None
    price_unavailable: str | None = Field(description="Why there is no price; null when there is one.")
    open_lines: int
    debt: TokenAmount
    collateral: TokenAmount
    collateral_value: TokenAmount | None
    ltv_bps: int | None = Field(description="All debt over all value, rounded up; null without a price or a value.")


class HealthBand(WireModel):
    """Open lines that are about as far from being unhealthy as one another."""

    band: HealthBandName
    fall_from_bps: int | None = Field(description="The line becomes unhealthy if the price falls by this much …")
    fall_to_bps: int | None = Field(description="… or by more, but less than this; null for no bound.")
    lines: int
    debt: list[TokenAmount] = Field(description="One for each loan token in which something is owed.")


class NextBill(WireModel):
    """A bill that comes after the snapshot's second if nobody draws or pays until then."""

    line_id: int
    borrower: Address
    status: StatusName
    due_at: Instant
    amount: TokenAmount


class Portfolio(Snapshotted):
    """Lines, added up."""

    at: Instant
    lines_by_status: dict[StatusName, int] = Field(description="Every status is there, also with none.")
    loans: list[LoanTotals]
    collaterals: list[CollateralTotals]
    markets: list[MarketTotals] = Field(description="Those that have a line, by their ids.")
    health: list[HealthBand] = Field(description="From the worst to the best; every band is there.")
    lines_by_bill: dict[BillTime, int] = Field(description="Open lines; every time is there, also with none.")
    next_bills: list[NextBill] = Field(description="The ten that come first.")
