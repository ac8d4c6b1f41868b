"""JSON forms of events."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field

from api.wire import Address, BlockStatus, Hash, Instant, Snapshotted, WireModel


class Event(WireModel):
    """One thing that happened, in the words of the contract's event. `position` orders all events for ever."""

    position: int
    id: uuid.UUID
    kind: str = Field(description="Such as `line.opened`; `<kind>.reverted` takes back the event named in `reverts`.")
    vault: Address | None
    line_id: int | None
    block_number: int
    block_hash: Hash
    log_index: int
    tx_hash: Hash
    finality: BlockStatus
    payload: dict[str, Any]
    reverts: uuid.UUID | None = Field(description="The event that a reorganisation undid.")
    recorded_at: Instant


class EventLog(Snapshotted):
    """A stretch of the log of events, in the order that was asked for."""

    items: list[Event]
    last_position: int = Field(description="Pass it as `after` to go on from here; as `before`, with `sort=newest`.")
    has_more: bool
