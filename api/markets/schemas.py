"""JSON forms of markets."""

from __future__ import annotations

from pydantic import Field

from api.lines.schemas import MarketRef, Price
from api.wire import Address, Provenance, Snapshotted, WireModel


class MarketDetail(WireModel):
    """A market, and both readings of its oracle at the snapshot's block."""

    market: MarketRef
    measuring_price: Price | None = Field(description="Loan-to-value and liquidations use it.")
    measuring_unavailable: str | None = Field(description="Why there is none; null when there is one.")
    risk_price: Price | None = Field(
        description="Draws, withdrawals in debt and payments in kind use it. Null unless all checks of the oracle pass."
    )
    deviation_bps: int | None = Field(description="Between the feeds that the risk price was read from.")
    feeds: list[Address] = Field(description="What the oracle reads, as far as the address book knows.")
    log: Provenance


class MarketList(Snapshotted):
    """All markets, by their ids."""

    items: list[MarketDetail]
