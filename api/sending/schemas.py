"""JSON forms of what keeps the service from sending."""

from __future__ import annotations

from pydantic import Field

from api.wire import AsOf, Instant, WireModel
from orchestrator.transactions.holds import Cause


class Hold(WireModel):
    """While it stands, nothing new is signed. A person lifts it, with `covenant resume`."""

    cause: Cause
    reason: str
    placed_at: Instant


class Sending(WireModel):
    """Whether new transactions are signed, and how many there are."""

    as_of: AsOf | None = Field(description="Null while no block is mirrored.")
    held: bool
    holds: list[Hold] = Field(description="The oldest first.")
    queued: int = Field(description="Transactions that wait to be signed.")
    in_flight: int = Field(description="Transactions that are signed and not final.")
