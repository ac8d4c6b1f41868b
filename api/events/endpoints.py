"""Events over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.events.repository import EventFilter, EventRepository
from api.events.schemas import Event, EventLog
from api.paging import DEFAULT_PAGE, Limit
from api.problems import INVALID_REQUEST, documented
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.wire import BIGINT_MAX, Instant, Int64, checksum
from orchestrator.db.models import OutboxEvent

router = APIRouter(prefix="/v1/events", tags=["events"])

Kind = Annotated[str, Query(pattern=r"^[a-z_]{1,32}(\.[a-z_]{1,32}){0,2}$")]


@router.get(
    "",
    summary="Read the log of events",
    response_model=EventLog,
    responses=documented(INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_events(
    snapshot: SnapshotDep,
    after: Annotated[Int64, Query(description="Events after this position; 0 for all.")] = 0,
    line_id: Annotated[int | None, Query(ge=1, le=BIGINT_MAX)] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=20, description="One or several kinds.")] = None,
    limit: Limit = DEFAULT_PAGE,
) -> EventLog:
    """What happened on the chain, in the order in which it was learnt, without gaps.

    An event of a block that a reorganisation replaced stays, and is followed by one that takes it back.
    """
    wanted = EventFilter(snapshot.book.vault, line_id, kind or ())
    rows = await EventRepository(snapshot.session, snapshot.chain_id).after(after, wanted, limit + 1)
    items = [_event(row, canonical, snapshot) for row, canonical in rows[:limit]]
    return EventLog(
        as_of=snapshot.as_of,
        items=items,
        last_position=items[-1].position if items else after,
        has_more=len(rows) > limit,
    )


def _event(row: OutboxEvent, canonical: bool | None, snapshot: Snapshot) -> Event:
    assert row.position is not None, "the query asks for a position"
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
        finality=snapshot.block_status(row.block_number, canonical),
        payload=row.payload,
        reverts=row.reverts,
        recorded_at=Instant.of_clock(row.created_at),
    )
