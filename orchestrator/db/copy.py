"""Many rows in one round trip: PostgreSQL's COPY within the caller's transaction, in its text format.

Text, because the chain speaks it: hexadecimal goes from the provider's answer to the server as it came, and formatting
a row is one operation of the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from psycopg import AsyncConnection as Driver
from psycopg import sql
from sqlalchemy import Column, LargeBinary, String, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.types import Hex

ROWS_AT_ONCE = 1_000
"""How many rows are formatted before they are sent: enough to be worth a call, few enough to share the time."""

_NULL = r"\N"
_HEX = r"\\x"

Convert = Callable[[Any], Any]


async def copy_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append ``rows``, which all have the keys of the first. Raises the driver's errors for values that don't fit.

    Bytes are given as 0x-strings, JSON as text.
    """
    if rows:
        await copy_values(connection, table, tuple(rows[0]), (tuple(row.values()) for row in rows))


async def copy_values(
    connection: AsyncConnection, table: Table, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """As ``copy_rows``, of the values of ``columns`` alone."""
    form = _form(table, columns)
    async with (await driver_of(connection)).cursor() as cursor, cursor.copy(form.statement) as copy:
        for text in form.texts(iter(rows)):
            await copy.write(text)


async def driver_of(connection: AsyncConnection) -> Driver[Any]:
    """psycopg's own connection beneath SQLAlchemy's, in the same transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


class _Form:
    """How rows of some columns of a table are written in COPY's text format."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        kinds = [table.columns[name] for name in columns]
        self._prefixed = [at for at, column in enumerate(kinds) if _is_bytes(column) and not column.nullable]
        converters = enumerate(map(_converter, kinds))
        self._conversions = [(at, convert) for at, convert in converters if convert is not None]
        self._line = "\t".join(_HEX + "%s" if at in self._prefixed else "%s" for at in range(len(columns))) + "\n"

    def texts(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[str]:
        while lines := [self._line % self._converted(row) for row in islice(rows, ROWS_AT_ONCE)]:
            yield "".join(lines)

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at in self._prefixed:
            values[at] = values[at][2:]
        for at, convert in self._conversions:
            values[at] = convert(values[at])
        return tuple(values)


@cache
def _form(table: Table, columns: tuple[str, ...]) -> _Form:
    return _Form(table, columns)


def _is_bytes(column: Column[Any]) -> bool:
    return isinstance(column.type, (Hex, LargeBinary))


def _converter(column: Column[Any]) -> Convert | None:
    """What a value needs before it is formatted, None when nothing."""
    if _is_bytes(column):
        return _nullable_bytes if column.nullable else None
    if isinstance(column.type, JSONB):
        return lambda text: text.replace("\\", r"\\")  # JSON itself leaves no tab and no end of line
    if isinstance(column.type, String):
        return _escaped
    return _nullable if column.nullable else None


def _nullable(value: Any) -> Any:
    return _NULL if value is None else value


def _nullable_bytes(text: str | None) -> str:
    return _NULL if text is None else _HEX + text[2:]


@lru_cache(maxsize=4096)
def _escaped(text: str | None) -> str:
    if text is None:
        return _NULL
    for plain, escape in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(plain, escape)
    return text
