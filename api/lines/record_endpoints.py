"""What happened to a line, and what is arranged for it, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from api.lines.endpoints import ONE_LINE, LineId
from api.lines.mandates import mandates_of
from api.lines.over_time import LineOverTime, priced_by, read_rounds
from api.lines.prices import PricesDep
from api.lines.problems import unknown_line
from api.lines.repository import LineRepository, LogKey
from api.lines.rows import LineRow, Place, find_line
from api.lines.schemas import History, LtvOverTime, Mandates, Payment, Payments, Version
from api.lines.service import accrue, stored_of
from api.lines.units import Units
from api.paging import DEFAULT_PAGE, MAX_PAGE, CursorText, Limit, decode_integers, encode_cursor
from api.problems import MALFORMED_CURSOR, documented
from api.snapshot import HasLog, Snapshot, SnapshotDep
from api.wire import Instant, checksum

router = APIRouter(prefix="/v1/lines", tags=["lines"])


@router.get(
    "/{line_id}/history",
    summary="List the states of a line",
    response_model=History,
    responses=documented(MALFORMED_CURSOR, *ONE_LINE),
)
async def list_history(
    line_id: LineId, snapshot: SnapshotDep, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> History:
    """One for each action on the line, the newest first, each with the log it was read from."""
    row = await _find(line_id, snapshot)
    rows = await _repository(snapshot).versions(line_id, _before(cursor), limit + 1)
    units = Units(snapshot.tokens, row)
    items = [
        Version(
            at=Instant.of_optional_block_time(timestamp), stored=stored_of(found, units), log=snapshot.provenance(found)
        )
        for found, timestamp in rows[:limit]
    ]
    return History(
        as_of=snapshot.as_of,
        line_id=line_id,
        items=items,
        next_cursor=_next_cursor([found for found, _ in rows], limit),
    )


@router.get(
    "/{line_id}/ltv",
    summary="Show debt over value through time",
    response_model=LtvOverTime,
    responses=documented(*ONE_LINE),
)
async def show_ltv_over_time(
    line_id: LineId, snapshot: SnapshotDep, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = MAX_PAGE
) -> LtvOverTime:
    """By the mirrored states and the answers of the feed that prices the line, of each the `limit` newest."""
    row = await _find(line_id, snapshot)
    oracle = priced_by(snapshot.book, row.market_id)
    if oracle is None:
        return LtvOverTime(as_of=snapshot.as_of, line_id=line_id, feed=None, items=[])
    rounds = await read_rounds(snapshot.session, snapshot.chain_id, oracle.feed.address, limit)
    states = await _repository(snapshot).versions(line_id, None, limit)
    versions = [(found, timestamp or found.accrued_at) for found, timestamp in states]
    points = LineOverTime(row, oracle, snapshot).points(rounds, versions)
    return LtvOverTime(as_of=snapshot.as_of, line_id=line_id, feed=oracle.feed.address, items=points[:limit])


@router.get(
    "/{line_id}/payments",
    summary="List the payments on a line",
    response_model=Payments,
    responses=documented(MALFORMED_CURSOR, *ONE_LINE),
)
async def list_payments(
    line_id: LineId, snapshot: SnapshotDep, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> Payments:
    """Whatever its debt fell by, the newest first."""
    row = await _find(line_id, snapshot)
    rows = await _repository(snapshot).payments(line_id, _before(cursor), limit + 1)
    units = Units(snapshot.tokens, row)
    items = [
        Payment(
            at=Instant.of_optional_block_time(timestamp),
            payer=checksum(found.payer),
            paid_from=found.source,
            charges=units.loan(found.charges),
            principal=units.loan(found.principal),
            amount=units.loan(found.charges + found.principal),
            log=snapshot.provenance(found),
        )
        for found, timestamp in rows[:limit]
    ]
    return Payments(
        as_of=snapshot.as_of,
        line_id=line_id,
        items=items,
        next_cursor=_next_cursor([found for found, _ in rows], limit),
    )


@router.get(
    "/{line_id}/mandates",
    summary="List the mandates on a line",
    response_model=Mandates,
    responses=documented(*ONE_LINE),
)
async def list_mandates(line_id: LineId, snapshot: SnapshotDep, prices: PricesDep) -> Mandates:
    """What each mandate has done, whether it would fire now and why not, and at which second or price it would."""
    accrued = accrue(await _find(line_id, snapshot), snapshot.now)
    items = await mandates_of(accrued, snapshot, _repository(snapshot), prices)
    return Mandates(as_of=snapshot.as_of, line_id=line_id, at=Instant.of_block_time(accrued.now), items=items)


def _repository(snapshot: Snapshot) -> LineRepository:
    return LineRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault)


async def _find(line_id: int, snapshot: Snapshot) -> LineRow:
    row = await find_line(await snapshot.driver(), Place.of(snapshot.book), line_id)
    if row is None:
        raise unknown_line(line_id, snapshot)
    return row


def _before(cursor: str | None) -> LogKey | None:
    if cursor is None:
        return None
    block_number, log_index = decode_integers(cursor, 2)
    return block_number, log_index


def _next_cursor(rows: Sequence[HasLog], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    return encode_cursor(rows[limit - 1].block_number, rows[limit - 1].log_index)
