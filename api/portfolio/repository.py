"""One walk through the lines, or those of a borrower or lender, added up by market, status, health and bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from psycopg.rows import tuple_row
from sqlalchemy import select

from api.lines.finding import STATUS_AT_SEEN
from api.lines.rows import COLUMNS, SOURCES, LineRow, Place
from api.lines.schemas import StatusName
from api.portfolio.accrual import ACCRUED, VALUE_DOWN
from api.portfolio.schemas import BANDS, BillTime, HealthBandName
from api.snapshot import Snapshot
from api.statement import Parameters
from orchestrator.credit.units import BPS, PriceE36
from orchestrator.db.models import Market

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class PortfolioFilter:
    """Every given condition must hold."""

    borrower: str | None = None
    lender: str | None = None
    market_id: int | None = None


class Group(NamedTuple):
    """Sums over the lines that share their market, their status, their health and the time of their bill.

    Amounts in base units; ``limit`` counts open lines only, ``value`` is None without a price.
    """

    market_id: int
    status: StatusName
    band: HealthBandName | None
    bill: BillTime | None
    lines: int
    limit: int
    principal: int
    debt: int
    due: int
    undrawn: int
    reserve: int
    claim_loan: int
    collateral: int
    claim_collateral: int
    value: int | None


_OPEN: Final = "line.flags & 6 = 0"
_STATUS: Final = " ".join(f"WHEN {condition} THEN '{status}'" for status, condition in STATUS_AT_SEEN.items())
_BY_FALL: Final = " ".join(
    f"WHEN owed.debt * {BPS * BPS} > line.liquidation_ltv_bps * worth.value * {BPS - band.fall_to_bps} "
    f"THEN '{band.name}'"
    for band in BANDS
    if band.fall_to_bps is not None
)
_BAND: Final = f"""CASE
    WHEN NOT ({_OPEN}) THEN NULL
    WHEN owed.debt = 0 THEN '{HealthBandName.NO_DEBT}'
    WHEN line.collateral = 0 THEN '{HealthBandName.UNHEALTHY}'
    WHEN worth.value IS NULL THEN '{HealthBandName.NO_PRICE}'
    {_BY_FALL} ELSE '{BANDS[-1].name}' END"""
_BILL: Final = f"""CASE
    WHEN NOT ({_OPEN}) THEN NULL
    WHEN line.unpaid_from IS NULL THEN '{BillTime.NEVER}'
    WHEN line.unpaid_from <= %(now)s THEN '{BillTime.UNPAID}'
    WHEN line.unpaid_from <= %(now)s + {_DAY_S} THEN '{BillTime.WITHIN_1_DAY}'
    WHEN line.unpaid_from <= %(now)s + {7 * _DAY_S} THEN '{BillTime.WITHIN_7_DAYS}'
    WHEN line.unpaid_from <= %(now)s + {30 * _DAY_S} THEN '{BillTime.WITHIN_30_DAYS}'
    ELSE '{BillTime.LATER}' END"""
_SUMS: Final = (
    "principal", "undrawn", "reserve", "claim_loan", "collateral", "claim_collateral",
)  # fmt: skip


def _sum(name: str) -> str:
    return f"sum(line.{name})"


async def read_markets(snapshot: Snapshot) -> Sequence[Market]:
    """By their ids."""
    found = await snapshot.session.scalars(
        select(Market)
        .where(Market.chain_id == snapshot.chain_id, Market.vault == snapshot.book.vault)
        .order_by(Market.market_id)
    )
    return found.all()


async def read_groups(
    snapshot: Snapshot, wanted: PortfolioFilter, prices: Mapping[int, PriceE36 | None]
) -> list[Group]:
    """``prices``: the measuring price of each market at the snapshot's block."""
    parameters, condition = _of(snapshot, wanted)
    parameters |= {"priced": list(prices), "prices": [None if p is None else int(p) for p in prices.values()]}
    query = f"""
        SELECT line.market_id, CASE {_STATUS} END AS status, {_BAND} AS band, {_BILL} AS bill, count(*),
            coalesce(sum(line.amount) FILTER (WHERE {_OPEN}), 0), {_sum("principal")}, sum(owed.debt), sum(owed.due),
            {", ".join(map(_sum, _SUMS[1:]))}, sum(worth.value)
        FROM (SELECT * FROM lines WHERE {condition}) AS line
        CROSS JOIN (SELECT %(now)s::bigint AS timestamp) AS seen
        LEFT JOIN unnest(%(priced)s::int[], %(prices)s::numeric[]) AS price(market_id, e36) USING (market_id)
        {ACCRUED}
        CROSS JOIN LATERAL (SELECT {VALUE_DOWN} AS value) AS worth
        GROUP BY 1, 2, 3, 4
        """  # noqa: S608 - this module's own words; values are parameters
    driver = await snapshot.driver()
    async with driver.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return [_group(row) for row in await cursor.fetchall()]


async def read_next_bills(snapshot: Snapshot, wanted: PortfolioFilter, limit: int) -> list[LineRow]:
    """The lines whose next bill comes first after the snapshot's second."""
    parameters, condition = _of(snapshot, wanted)
    parameters |= Place.of(snapshot.book).parameters() | {"limit": limit}
    query = f"""
        SELECT {COLUMNS}
        FROM (
            SELECT * FROM lines WHERE {condition} AND unpaid_from > %(now)s
            ORDER BY unpaid_from, line_id LIMIT %(limit)s
        ) AS line {SOURCES} ORDER BY line.unpaid_from, line.line_id
        """  # noqa: S608 - this module's own words; values are parameters
    driver = await snapshot.driver()
    async with driver.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return [LineRow.of(raw) for raw in await cursor.fetchall()]


def _of(snapshot: Snapshot, wanted: PortfolioFilter) -> tuple[Parameters, str]:
    parameters: Parameters = {
        "chain_id": snapshot.chain_id,
        "vault": bytes.fromhex(snapshot.book.vault[2:]),
        "now": int(snapshot.now),
    }
    conditions = ["chain_id = %(chain_id)s", "vault = %(vault)s"]
    for name, address in (("borrower", wanted.borrower), ("lender", wanted.lender)):
        if address is not None:
            parameters[name] = bytes.fromhex(address[2:])
            conditions.append(f"{name} = %({name})s")
    if wanted.market_id is not None:
        parameters["market_id"] = wanted.market_id
        conditions.append("market_id = %(market_id)s")
    return parameters, " AND ".join(conditions)


def _group(row: tuple[Any, ...]) -> Group:
    market_id, status, band, bill, lines, *sums, value = row
    return Group._make(
        (
            market_id,
            StatusName(status),
            None if band is None else HealthBandName(band),
            None if bill is None else BillTime(bill),
            lines,
            *map(int, sums),
            None if value is None else int(value),
        )
    )
