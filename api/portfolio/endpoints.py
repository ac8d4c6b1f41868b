"""The portfolio over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from api.kept import Kept
from api.lines.prices import PricesDep
from api.lines.rows import LineRow
from api.lines.service import accrue, bills_of, status_name
from api.lines.units import Units
from api.parts import PartsDep
from api.portfolio.pricing import priced_snapshot
from api.portfolio.repository import Group, PortfolioFilter, read_groups, read_next_bills
from api.portfolio.schemas import NextBill, Portfolio
from api.portfolio.totals import Totals
from api.problems import INVALID_REQUEST, documented
from api.snapshot import READ_PROBLEMS, MinBlock, Snapshot, wait_for_block
from api.wire import Address, Instant, checksum
from orchestrator.credit.units import UINT16_MAX

router = APIRouter(prefix="/v1/portfolio", tags=["portfolio"])

NEXT_BILLS: Final = 10


async def kept_groups(request: Request) -> Kept[list[Group]]:
    found: Kept[list[Group]] = request.app.state.portfolio_groups
    return found


GroupsDep = Annotated[Kept[list[Group]], Depends(kept_groups)]


@router.get(
    "", summary="Show the portfolio", response_model=Portfolio, responses=documented(INVALID_REQUEST, *READ_PROBLEMS)
)
async def show_portfolio(
    parts: PartsDep,
    prices: PricesDep,
    kept: GroupsDep,
    borrower: Annotated[Address | None, Query()] = None,
    lender: Annotated[Address | None, Query(description="Who lent when the line was opened.")] = None,
    market_id: Annotated[int | None, Query(ge=1, le=UINT16_MAX)] = None,
    min_block: MinBlock = None,
) -> Portfolio:
    """All lines, or those of a borrower, a lender or a market, as they stand at the snapshot's time.

    Totals for each token, health at the oracles' measuring prices, lines by status, and which bills come next.
    """
    if min_block is not None:
        await wait_for_block(parts, min_block)
    wanted = PortfolioFilter(borrower, lender, market_id)
    async with priced_snapshot(parts, prices) as (snapshot, priced):
        measuring = {market_id: found.reading.measuring_price for market_id, (_, found) in priced.items()}
        question = wanted, tuple(sorted(measuring.items()))
        groups = await kept.get(snapshot.version, question, lambda: read_groups(snapshot, wanted, measuring))
        coming = await read_next_bills(snapshot, wanted, NEXT_BILLS)
    totals = Totals(groups, [market for market, _ in priced.values()], parts.tokens)
    return Portfolio(
        as_of=snapshot.as_of,
        at=Instant.of_block_time(snapshot.now),
        lines_by_status=totals.lines_by_status(),
        loans=totals.loans(),
        collaterals=totals.collaterals(),
        markets=totals.markets({market_id: found for market_id, (_, found) in priced.items()}),
        health=totals.health(),
        lines_by_bill=totals.lines_by_bill(),
        next_bills=[_next_bill(row, snapshot) for row in coming],
    )


def _next_bill(row: LineRow, snapshot: Snapshot) -> NextBill:
    accrued = accrue(row, snapshot.now)
    (bill, *_), _ = bills_of(accrued, 1, paid_when_due=True)
    return NextBill(
        line_id=row.line_id,
        borrower=checksum(row.borrower),
        status=status_name(accrued),
        due_at=Instant.of_block_time(bill.due_at),
        amount=Units(snapshot.tokens, row).loan(bill.amount),
    )
