"""Lines over HTTP."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.lines.documents import Document, detail_document, schedule_document
from api.lines.finding import LineFilter, Page, Sort, cursor_after, read_one, read_page
from api.lines.health import health_at_asked_price, health_of
from api.lines.looking_back import read_as_of_block
from api.lines.prices import MarketPrices, OraclePrices
from api.lines.problems import TIME_BEFORE_STATE, UNKNOWN_BLOCK, UNKNOWN_LINE, unknown_line
from api.lines.rows import FoundLine, LineRow, Place
from api.lines.schemas import (
    Health,
    LineDetail,
    LinePage,
    Schedule,
    StatusName,
)
from api.lines.service import AccruedLine, accrue, bills_of
from api.lines.units import Units
from api.lines.written import WrittenLines
from api.paging import DEFAULT_PAGE, CursorText, Limit
from api.parts import Parts
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, documented
from api.snapshot import (
    READ_PROBLEMS,
    MinBlock,
    View,
    wait_for_block,
)
from api.statement import view_of
from api.wire import BIGINT_MAX, Address, Int64, Uint, checksum
from orchestrator.credit.units import UINT16_MAX, UINT32_MAX, PriceE36, Timestamp

router = APIRouter(prefix="/v1/lines", tags=["lines"])

ONE_LINE: Final = (UNKNOWN_LINE, INVALID_REQUEST, *READ_PROBLEMS)
"""What a read of one line can answer instead."""

LineId = Annotated[int, Path(ge=1, le=BIGINT_MAX, description="The line's id, which is its NFT's too.")]
At = Annotated[
    int | None,
    Query(ge=0, le=UINT32_MAX, description="Seconds since 1970 to look at the line at; if left out, the snapshot's."),
]
AsOfBlock = Annotated[
    Int64 | None, Query(description="Show the line as it was after this block; a block that the mirror has passed.")
]
AskedPrice = Annotated[
    Annotated[int, Uint(256)] | None,
    Query(ge=1, description="Judge the health at this price: loan base units for a collateral base unit, times 10^36."),
]


class Served(NamedTuple):
    """What these reads work with."""

    parts: Parts
    prices: OraclePrices
    written: WrittenLines


def served(request: Request) -> Served:
    """Not a dependency: FastAPI takes longer to solve three of them than PostgreSQL to find a line."""
    state = request.app.state
    return Served(state.parts, state.oracle_prices, state.written_lines)


@router.get(
    "",
    summary="List lines",
    response_model=LinePage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_lines(
    request: Request,
    borrower: Annotated[Address | None, Query()] = None,
    lender: Annotated[Address | None, Query(description="Who lent when the line was opened.")] = None,
    holder: Annotated[Address | None, Query(description="Who owns the NFT, and with it the claim.")] = None,
    market_id: Annotated[int | None, Query(ge=1, le=UINT16_MAX)] = None,
    status: Annotated[StatusName | None, Query(description="At the snapshot's time.")] = None,
    due_by: Annotated[
        int | None, Query(ge=0, le=UINT32_MAX, description="A bill is unpaid, or comes at this second at the latest.")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=80,
            description="A line's id; the beginning of its borrower's or lender's address (0x and 4 digits at least); "
            "or the hash of its offer or of the transaction that opened it.",
        ),
    ] = None,
    sort: Annotated[Sort, Query(description="`next_due` leaves out lines that are to have no bill.")] = Sort.ID,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
    min_block: MinBlock = None,
) -> Response:
    """Each as it stands at the snapshot's time. A cursor belongs to its `sort`."""
    parts, _, written = served(request)
    if min_block is not None:
        await wait_for_block(parts, min_block)
    wanted = LineFilter(borrower, lender, holder, market_id, status, due_by, q)
    page = Page(wanted, sort, cursor, limit + 1)
    view, lines = await _read_page(parts, page, written.seed, whole=False)
    items = written.items(lines[:limit], view)
    if items is None:
        view, lines = await _read_page(parts, page, written.seed, whole=True)
        items = written.items(lines[:limit], view)
    return _json(
        {
            "as_of": view.as_of.model_dump(mode="json"),
            "items": items,
            "next_cursor": cursor_after(lines[limit - 1], sort) if len(lines) > limit else None,
        }
    )


@router.get(
    "/{line_id}",
    summary="Show one line",
    response_model=LineDetail,
    responses=documented(TIME_BEFORE_STATE, UNKNOWN_BLOCK, *ONE_LINE),
)
async def get_line(
    line_id: LineId,
    request: Request,
    at: At = None,
    price_e36: AskedPrice = None,
    as_of_block: AsOfBlock = None,
    min_block: MinBlock = None,
) -> Response:
    """Terms, stored state, and what follows from them at `at`: what is owed, and how healthy the line is.

    Health is judged at the oracle's measuring price at the snapshot's block, or at `price_e36`. With `as_of_block` all
    of it is as it was after that block.
    """
    parts, prices, written = served(request)
    if min_block is not None:
        await wait_for_block(parts, min_block)
    if as_of_block is not None:
        view, row = await read_as_of_block(parts, line_id, as_of_block)
        if row is None:
            raise unknown_line(line_id, view)
    else:
        view, line = await _read_one(parts, line_id, written.seed)
        row = LineRow.of(line.raw)
        if at is None and price_e36 is None:
            accrued = accrue(row, view.now)
            found = await prices.at(checksum(row.oracle), view.cursor.hash)
            return _written(written.detail(line, accrued, view, _health(accrued, found, view)))
    accrued = accrue(row, view.now if at is None else Timestamp(at))
    if price_e36 is not None:
        asked = health_at_asked_price(accrued, PriceE36(price_e36), Units(view.tokens, row))
        return _json(detail_document(accrued, view, asked))
    found = await prices.at(checksum(row.oracle), view.cursor.hash)
    return _json(detail_document(accrued, view, _health(accrued, found, view)))


@router.get(
    "/{line_id}/schedule",
    summary="Show the bills to come",
    response_model=Schedule,
    responses=documented(*ONE_LINE),
)
async def get_schedule(
    line_id: LineId,
    request: Request,
    assume: Annotated[Literal["paid_when_due", "nothing_is_paid"], Query()] = "paid_when_due",
    limit: Annotated[int, Query(ge=1, le=120, description="Bills, at most 120.")] = 24,
    min_block: MinBlock = None,
) -> Response:
    """The next bills if nobody draws, each paid in the second it appears, or with none of them paid."""
    parts, _, written = served(request)
    if min_block is not None:
        await wait_for_block(parts, min_block)
    view, line = await _read_one(parts, line_id, written.seed)
    accrued, paid_when_due = accrue(LineRow.of(line.raw), view.now), assume == "paid_when_due"
    bills, complete = bills_of(accrued, limit, paid_when_due=paid_when_due)
    return _json(schedule_document(accrued, view, bills, paid_when_due=paid_when_due, complete=complete))


async def _read_page(parts: Parts, page: Page, seed: int, *, whole: bool) -> tuple[View, list[FoundLine]]:
    seen, lines = await read_page(parts.reads, Place.of(parts.book), page, seed, whole=whole)
    return view_of(parts, seen), lines


async def _read_one(parts: Parts, line_id: int, seed: int) -> tuple[View, FoundLine]:
    seen, line = await read_one(parts.reads, Place.of(parts.book), line_id, seed)
    view = view_of(parts, seen)
    if line is None:
        raise unknown_line(line_id, view)
    return view, line


def _health(accrued: AccruedLine, found: MarketPrices, view: View) -> Health:
    return health_of(accrued, found.reading, found.unavailable, Units(view.tokens, accrued.row))


def _json(document: Document) -> Response:
    return _written(orjson.dumps(document))


def _written(body: bytes) -> Response:
    return Response(body, media_type="application/json")
