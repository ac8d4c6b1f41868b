"""Events from rows to JSON."""

from __future__ import annotations

from api.events.schemas import Event
from api.snapshot import View
from api.wire import Instant, checksum
from orchestrator.db.models import OutboxEvent


def event_of(row: OutboxEvent, canonical: bool | None, view: View) -> Event:
    """``canonical`` is what the mirror says of the event's block; None when it has not read it."""
    return Event(
        position=row.position,
        id=row.id,
        kind=row.kind,
        vault=None if row.vault is None else checksum(row.vault),
        line_id=row.line_id,
        block_number=row.block_number,
        block_hash=row.block_hash,
        log_index=row.log_index,
        tx_hash=row.tx_hash,
        finality=view.block_status(row.block_number, canonical),
        payload=row.payload,
        reverts=row.reverts,
        recorded_at=Instant.of_clock(row.created_at),
    )
