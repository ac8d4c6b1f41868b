"""Many rows in one round trip: PostgreSQL's COPY within the caller's transaction, in its text format.

Text, because the chain speaks it: hexadecimal goes from the provider's answer to the server as it came, and formatting
a row is one operation of the interpreter. Rows may be formatted long before there is a transaction to write them in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
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


class CopyForm:
    """How rows of some columns of a table are written in COPY's text format. See ``copy_form``."""

    def __init__(self, table: Table, columns: tuple[str, ...]) -> None:
        self.columns = columns
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        self.statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names).as_string()
        self.line = _written_by([table.columns[name] for name in columns])
        """Writes one row. Its arguments are in the order of ``columns``: bytes as 0x-strings, JSON as text."""


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
        await copy_lines(connection, form, [form.line(*row.values()) for row in rows])


async def copy_lines(connection: AsyncConnection, form: CopyForm, lines: Sequence[str]) -> None:
    """Append rows as their form wrote them. Raises as ``copy_rows`` does."""
    starts = range(0, len(lines), ROWS_AT_ONCE)
    joined = ("".join(lines[start : start + ROWS_AT_ONCE]).encode() for start in starts)
    await copy_text(connection, form.statement, joined)


async def copy_text(connection: AsyncConnection, statement: str, pieces: Iterable[bytes]) -> None:
    """Append rows that are joined already, for the ``statement`` of a form. Raises as ``copy_rows`` does."""
    async with (await driver_of(connection)).cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for piece in pieces:
            await copy.write(piece)


async def driver_of(connection: AsyncConnection) -> Driver[Any]:
    """psycopg's own connection beneath SQLAlchemy's, in the same transaction."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


def _written_by(columns: Sequence[Column[Any]]) -> Callable[..., str]:
    """A function of one value a column: an f-string made of the columns' places; no value is ever evaluated."""
    names = [f"value_{at}" for at in range(len(columns))]
    line = "\t".join(_field(column, name) for column, name in zip(columns, names, strict=True))
    known = {"NULL": _NULL, "HEX": _HEX, "escaped": _escaped, "json": _escaped_json}
    written: Callable[..., str] = eval(f"lambda {', '.join(names)}: f'{line}\\n'", known)  # noqa: S307
    return written


def _field(column: Column[Any], value: str) -> str:
    """How a value is written, as a part of an f-string."""
    if isinstance(column.type, (Hex, LargeBinary)):
        return f"{{NULL if {value} is None else HEX + {value}[2:]}}" if column.nullable else f"{{HEX}}{{{value}[2:]}}"
    if isinstance(column.type, JSONB):
        return f"{{json({value})}}"
    if isinstance(column.type, String):
        return f"{{escaped({value})}}"
    return f"{{NULL if {value} is None else {value}}}" if column.nullable else f"{{{value}}}"


def _escaped_json(text: str) -> str:
    """JSON itself leaves no tab and no end of line."""
    return text.replace("\\", r"\\")


@lru_cache(maxsize=4096)
def _escaped(text: str | None) -> str:
    if text is None:
        return _NULL
    for plain, escape in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(plain, escape)
    return text
