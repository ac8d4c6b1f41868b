"""JSON forms of feeds and their rounds."""

from __future__ import annotations

from pydantic import Field

from api.wire import Address, DecimalString, Instant, Provenance, Snapshotted, WireModel
from oracles.health import FeedStatus


class Round(WireModel):
    """One answer of a feed, as it was given: it may be zero or negative, and is not judged here."""

    round_id: DecimalString
    answer: DecimalString = Field(description="In the feed's decimals.")
    decimal: str = Field(description="The same, written out.")
    updated_at: Instant
    log: Provenance


class Feed(WireModel):
    """A feed that is followed, and the last judgement on it."""

    address: Address
    pair: str
    decimals: int
    heartbeat_s: int = Field(description="It answers at least this often.")
    margin_s: int = Field(description="It is late, not stale, for this long after.")
    status: FeedStatus
    reason: str
    judged_at_block: int | None
    judged_at: Instant | None
    age_s: int | None = Field(description="From its newest answer to the time of the snapshot.")
    newest: Round | None


class FeedDetail(Feed, Snapshotted):
    """One feed."""


class FeedList(Snapshotted):
    """All feeds, by pair."""

    items: list[Feed]


class RoundPage(Snapshotted):
    """Rounds of one feed, the newest first."""

    feed: Address
    items: list[Round]
    next_cursor: str | None
