"""Lines over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from api.lines.health import health_at_asked_price, health_of
from api.lines.listing import list_page
from api.lines.mandates import mandates_of
from api.lines.prices import OraclePrices
from api.lines.problems import TIME_BEFORE_STATE, UNKNOWN_LINE
from api.lines.repository import Held, LineFilter, LineRepository, LogKey
from api.lines.schemas import (
    History,
    LineDetail,
    LinePage,
    Mandates,
    Payment,
    Payments,
    Schedule,
    StatusName,
    Version,
)
from api.lines.service import accrue, bills_of, detail_of, status_name, stored_of
from api.lines.units import Units
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_integers, encode_cursor
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, Problem, documented
from api.snapshot import READ_PROBLEMS, HasLog, Snapshot, SnapshotDep
from api.wire import BIGINT_MAX, Address, Instant, Uint, checksum
from orchestrator.credit.units import UINT32_MAX, PriceE36, Timestamp

router = APIRouter(prefix="/v1/lines", tags=["lines"])

_ONE_LINE: Final = (UNKNOWN_LINE, INVALID_REQUEST, *READ_PROBLEMS)

LineId = Annotated[int, Path(ge=1, le=BIGINT_MAX, description="The line's id, which is its NFT's too.")]
At = Annotated[
    int | None,
    Query(ge=0, le=UINT32_MAX, description="Seconds since 1970 to look at the line at; if left out, the snapshot's."),
]
AskedPrice = Annotated[
    Annotated[int, Uint(256)] | None,
    Query(ge=1, description="Judge the health at this price: loan base units for a collateral base unit, times 10^36."),
]


def oracle_prices(request: Request) -> OraclePrices:
    found: OraclePrices = request.app.state.oracle_prices
    return found


PricesDep = Annotated[OraclePrices, Depends(oracle_prices)]


@router.get(
    "",
    summary="List lines",
    response_model=LinePage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_lines(
    snapshot: SnapshotDep,
    borrower: Annotated[Address | None, Query()] = None,
    lender: Annotated[Address | None, Query(description="Who lent when the line was opened.")] = None,
    holder: Annotated[Address | None, Query(description="Who owns the NFT, and with it the claim.")] = None,
    status: Annotated[StatusName | None, Query()] = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> LinePage:
    """By ascending id, each as it stands at the snapshot's time.

    Status depends on time and is derived line by line, so a page that asks for a rare one may be short: go on while
    there is a `next_cursor`.
    """
    wanted = LineFilter(borrower, lender, holder)
    after_id = 0 if cursor is None else decode_integers(cursor, 1)[0]
    return await list_page(snapshot, _repository(snapshot), wanted, status, after_id, limit)


@router.get(
    "/{line_id}",
    summary="Show one line",
    response_model=LineDetail,
    responses=documented(TIME_BEFORE_STATE, *_ONE_LINE),
)
async def get_line(
    line_id: LineId, snapshot: SnapshotDep, prices: PricesDep, at: At = None, price_e36: AskedPrice = None
) -> LineDetail:
    """Terms, stored state, and what follows from them at `at`: what is owed, and how healthy the line is.

    Health is judged at the oracle's measuring price at the snapshot's block, or at `price_e36`.
    """
    accrued = accrue(await _find(line_id, snapshot), snapshot.now if at is None else Timestamp(at))
    units = Units(snapshot.tokens, accrued.held.market)
    if price_e36 is not None:
        return detail_of(accrued, snapshot, health_at_asked_price(accrued, PriceE36(price_e36), units))
    await snapshot.release()
    found = await prices.at(accrued.held.market.oracle, snapshot.cursor.hash)
    return detail_of(accrued, snapshot, health_of(accrued, found.reading, found.unavailable, units))


@router.get(
    "/{line_id}/schedule",
    summary="Show the bills to come",
    response_model=Schedule,
    responses=documented(*_ONE_LINE),
)
async def get_schedule(
    line_id: LineId,
    snapshot: SnapshotDep,
    assume: Annotated[Literal["paid_when_due", "nothing_is_paid"], Query()] = "paid_when_due",
    limit: Annotated[int, Query(ge=1, le=120, description="Bills, at most 120.")] = 24,
) -> Schedule:
    """The next bills if nobody draws, each paid in the second it appears, or with none of them paid."""
    accrued = accrue(await _find(line_id, snapshot), snapshot.now)
    units = Units(snapshot.tokens, accrued.held.market)
    bills, complete = bills_of(accrued, limit, paid_when_due=assume == "paid_when_due", units=units)
    return Schedule(
        as_of=snapshot.as_of,
        line_id=line_id,
        assumes=assume,
        status=status_name(accrued),
        draw_window_ends_at=Instant.of_block_time(accrued.terms.window_ends_at),
        matures_at=Instant.of_block_time(accrued.terms.matures_at),
        bills=bills,
        complete=complete,
    )


@router.get(
    "/{line_id}/history",
    summary="List the states of a line",
    response_model=History,
    responses=documented(MALFORMED_CURSOR, *_ONE_LINE),
)
async def list_history(
    line_id: LineId, snapshot: SnapshotDep, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> History:
    """One for each action on the line, the newest first, each with the log it was read from."""
    held = await _find(line_id, snapshot)
    rows = await _repository(snapshot).versions(line_id, _before(cursor), limit + 1)
    units = Units(snapshot.tokens, held.market)
    items = [
        Version(
            at=Instant.of_optional_block_time(timestamp), stored=stored_of(row, units), log=snapshot.provenance(row)
        )
        for row, timestamp in rows[:limit]
    ]
    return History(
        as_of=snapshot.as_of, line_id=line_id, items=items, next_cursor=_next_cursor([row for row, _ in rows], limit)
    )


@router.get(
    "/{line_id}/payments",
    summary="List the payments on a line",
    response_model=Payments,
    responses=documented(MALFORMED_CURSOR, *_ONE_LINE),
)
async def list_payments(
    line_id: LineId, snapshot: SnapshotDep, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> Payments:
    """Whatever its debt fell by, the newest first."""
    held = await _find(line_id, snapshot)
    rows = await _repository(snapshot).payments(line_id, _before(cursor), limit + 1)
    units = Units(snapshot.tokens, held.market)
    items = [
        Payment(
            at=Instant.of_optional_block_time(timestamp),
            payer=checksum(row.payer),
            paid_from=row.source,
            charges=units.loan(row.charges),
            principal=units.loan(row.principal),
            amount=units.loan(row.charges + row.principal),
            log=snapshot.provenance(row),
        )
        for row, timestamp in rows[:limit]
    ]
    return Payments(
        as_of=snapshot.as_of, line_id=line_id, items=items, next_cursor=_next_cursor([row for row, _ in rows], limit)
    )


@router.get(
    "/{line_id}/mandates",
    summary="List the mandates on a line",
    response_model=Mandates,
    responses=documented(*_ONE_LINE),
)
async def list_mandates(line_id: LineId, snapshot: SnapshotDep, prices: PricesDep) -> Mandates:
    """What each mandate has done, whether it would fire now and why not, and at which second or price it would."""
    accrued = accrue(await _find(line_id, snapshot), snapshot.now)
    items = await mandates_of(accrued, snapshot, _repository(snapshot), prices)
    return Mandates(as_of=snapshot.as_of, line_id=line_id, at=Instant.of_block_time(accrued.now), items=items)


def _repository(snapshot: Snapshot) -> LineRepository:
    return LineRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault, snapshot.book.nft)


async def _find(line_id: int, snapshot: Snapshot) -> Held:
    held = await _repository(snapshot).find(line_id)
    if held is None:
        raise Problem(UNKNOWN_LINE, f"there is no line {line_id} at block {snapshot.cursor.number}")
    return held


def _before(cursor: str | None) -> LogKey | None:
    if cursor is None:
        return None
    block_number, log_index = decode_integers(cursor, 2)
    return block_number, log_index


def _next_cursor(rows: Sequence[HasLog], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    return encode_cursor(rows[limit - 1].block_number, rows[limit - 1].log_index)
