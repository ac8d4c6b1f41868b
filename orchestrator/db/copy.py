"""Many rows in one round trip: PostgreSQL's COPY within the caller's transaction, in its text format.

Text, because the chain speaks it: hexadecimal goes from the provider's answer to the server as it came, and formatting
a row is one operation of the interpreter. Rows may be formatted long before there is a transaction to write them in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from psycopg import AsyncConnection as Driver
from psycopg import sql
from sqlalchemy import Column, LargeBinary, String, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.types import Hex

ROWS_AT_ONCE = 1_000
"""How many rows are sent before others have their turn: enough to be worth a call, few enough to share the time."""

_NULL = r"\N"
_HEX = r"\\x"

Convert = Callable[[Any], Any]
_AFTER_0X: Convert = itemgetter(slice(2, None))


class CopyForm:
    """How rows of some columns of a table are written in COPY's text format. See ``copy_form``."""

    def __init__(self, table: Table, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        kinds = [table.columns[name] for name in columns]
        prefixed = frozenset(at for at, column in enumerate(kinds) if _is_bytes(column) and not column.nullable)
        converters = ((at, _AFTER_0X if at in prefixed else _converter(column)) for at, column in enumerate(kinds))
        self._conversions = [(at, convert) for at, convert in converters if convert is not None]
        self._line = "\t".join(_HEX + "%s" if at in prefixed else "%s" for at in range(len(columns))) + "\n"

    def line(self, values: Iterable[Any]) -> str:
        """One row. ``values`` in the order of ``columns``: bytes as 0x-strings, JSON as text."""
        row = list(values)
        for at, convert in self._conversions:
            row[at] = convert(row[at])
        return self._line % tuple(row)


@cache
def copy_form(table: Table, columns: tuple[str, ...]) -> CopyForm:
    """The form of these columns of a table, made once."""
    return CopyForm(table, columns)


async def copy_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append ``rows``, which all have the keys of the first. Raises the driver's errors for values that don't fit.

    Bytes are given as 0x-strings, JSON as text.
    """
    if rows:
        form = copy_form(table, tuple(rows[0]))
        await copy_lines(connection, form, [form.line(row.values()) for row in rows])


async def copy_lines(connection: AsyncConnection, form: CopyForm, lines: Sequence[str]) -> None:
    """Append rows as their form wrote them. Raises as ``copy_rows`` does."""
    async with (await driver_of(connection)).cursor() as cursor, cursor.copy(form.statement) as copy:
        for start in range(0, len(lines), ROWS_AT_ONCE):
            await copy.write("".join(lines[start : start + ROWS_AT_ONCE]))


async def driver_of(connection: AsyncConnection) -> Driver[Any]:
    """psycopg's own connection beneath SQLAlchemy's, in the same transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


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
