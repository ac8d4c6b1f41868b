"""With many thousands of rows, what the API reads it finds by an index: no query walks through a large table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest_asyncio
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.copy import driver_of
from orchestrator.db.models import Line, LineVersion, NoteTransfer, OracleRound, OutboxEvent, Payment
from orchestrator.db.models.registry import table_of
from tests.api.world import BORROWER, STRANGER, World

ROWS: Final = 20_000
LARGE: Final = frozenset(
    table_of(model).name for model in (Line, LineVersion, NoteTransfer, OracleRound, OutboxEvent, Payment)
)

PATHS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("/v1/portfolio", {"lender": STRANGER.address}),
    ("/v1/lines", {}),
    ("/v1/lines", {"cursor": "next"}),
    ("/v1/lines", {"borrower": BORROWER.address}),
    ("/v1/lines", {"lender": STRANGER.address}),
    ("/v1/lines", {"holder": STRANGER.address}),
    ("/v1/lines", {"sort": "next_due"}),
    ("/v1/lines", {"q": "17777"}),
    ("/v1/lines/17777", {}),
    ("/v1/lines/17777/history", {}),
    ("/v1/lines/17777/ltv", {}),
    ("/v1/lines/17777/payments", {}),
    ("/v1/lines/17777/mandates", {}),
    ("/v1/events", {}),
    ("/v1/events", {"after": 19_000}),
    ("/v1/events", {"line_id": 17_777}),
    ("/v1/events", {"line_id": 17_777, "sort": "newest"}),
    ("/v1/feeds", {}),
)


async def multiply(connection: AsyncConnection, table: Table, changes: str) -> None:
    """The one row of a table ``ROWS`` times, the n-th with ``changes`` (fields of JSON, in terms of n)."""
    columns = [column.name for column in table.columns if column.computed is None and column.identity is None]
    names, values = (", ".join(prefix + f'"{name}"' for name in columns) for prefix in ("", "made."))
    await connection.execute(
        text(
            f"INSERT INTO {table.name} ({names}) SELECT {values} "
            f"FROM (SELECT * FROM {table.name} LIMIT 1) AS one CROSS JOIN generate_series(2, {ROWS}) AS n "
            f"CROSS JOIN LATERAL jsonb_populate_record("
            f"NULL::{table.name}, to_jsonb(one) || jsonb_build_object({changes})) AS made"
        )
    )


@pytest_asyncio.fixture
async def large_world(world: World) -> World:
    """Many lines of one borrower and as many of others, each with a payment, a note, an event and a round."""
    await world.line()
    await world.write(
        world.payment(1, block=1), world.event(1, line_id=1), world.feed(), world.round(1, 2_000 * 10**8, block=1)
    )
    somebody = r"CASE n % 2 WHEN 0 THEN to_jsonb(one)->>'borrower' ELSE '\x' || lpad(to_hex(n), 40, '0') END"
    own_block = "'block_number', n"
    async with world.engine.begin() as connection:
        await multiply(connection, table_of(Line), rf"'line_id', n, 'borrower', {somebody}")
        await multiply(connection, table_of(LineVersion), rf"'line_id', n, {own_block}")
        await multiply(connection, table_of(NoteTransfer), rf"'line_id', n, {own_block}")
        await multiply(connection, table_of(Payment), rf"'line_id', n, {own_block}")
        await multiply(connection, table_of(OracleRound), rf"'round_id', n, {own_block}")
        await multiply(connection, table_of(OutboxEvent), r"'id', gen_random_uuid(), 'line_id', n, 'position', n")
    async with world.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
    return world


def plain_text(query: Any, driver: psycopg.AsyncConnection[Any]) -> str:
    if isinstance(query, bytes):
        return query.decode()
    return query if isinstance(query, str) else str(query.as_string(driver))


def walked(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for inner in plan.get("Plans", ()):
        yield from walked(inner)


async def test_every_read_is_by_an_index(large_world: World, asked: list[tuple[Any, Any]]) -> None:
    found: list[tuple[str, dict[str, Any], Any]] = []
    for path, parameters in PATHS:
        if "cursor" in parameters:
            parameters = {"cursor": (await large_world.get(path))["next_cursor"]}
        asked.clear()
        await large_world.get(path, **parameters)
        found += [(path, parameters, query) for query in asked]
    explained = 0
    async with large_world.engine.connect() as connection:
        driver = await driver_of(connection)
        for path, parameters, (query, values) in found:
            statement = plain_text(query, driver)
            if not re.match(r"\s*(SELECT|WITH)\b", statement, re.IGNORECASE) or not any(t in statement for t in LARGE):
                continue
            rows = await (await driver.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)).fetchall()
            tables = LARGE.intersection(walked(rows[0][0][0]["Plan"]))
            assert not tables, f"GET {path} {parameters} walks through {tables}:\n{statement}"
            explained += 1
    assert explained >= len(PATHS)
