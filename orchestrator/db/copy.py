"""Many rows in one round trip: PostgreSQL's COPY within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from psycopg import AsyncConnection as Driver
from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.types import Hex


async def copy_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append ``rows``, which all have the keys of the first. Raises the driver's errors for values that don't fit."""
    if not rows:
        return
    columns = list(rows[0])
    converters = [_converter(table.columns[name].type) for name in columns]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with (await driver_of(connection)).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(
                [
                    value if convert is None or value is None else convert(value)
                    for convert, value in zip(converters, row.values(), strict=True)
                ]
            )


async def driver_of(connection: AsyncConnection) -> Driver[Any]:
    """psycopg's own connection beneath SQLAlchemy's, in the same transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


def _converter(kind: object) -> Callable[[Any], Any] | None:
    """From what the models show to what psycopg takes; None when both are the same."""
    if isinstance(kind, Hex):
        return lambda value: bytes.fromhex(value[2:])
    if isinstance(kind, JSONB):
        return lambda value: orjson.dumps(value).decode()
    return None
