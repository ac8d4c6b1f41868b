"""A read in a single statement, which sees one moment of the database by itself: it needs no transaction around it.

For what is asked most; whatever takes several statements reads through ``api.snapshot``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg_pool import AsyncConnectionPool

from api.parts import Parts
from api.snapshot import View, mirror_empty

Row = tuple[Any, ...]
Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """The mirror's cursor, as ``api.snapshot.CursorFacts``."""

    chain_id: int
    number: int
    hash: str
    timestamp: int
    safe_number: int
    finalized_number: int
    updated_at: datetime


_SEEN: Final = ("chain_id", "number", "hash", "timestamp", "safe_number", "finalized_number", "updated_at")


def in_one_snapshot(rows: str, order: str = "") -> bytes:
    """A statement for ``read``: the rows of the query ``rows``, which are called `found` in ``order``.

    The first column of ``rows`` must not be null. They can name the mirror's cursor as `seen`, and it is there also
    when they are none. A parameter is the ``chain_id``.
    """
    return f"""
        SELECT {", ".join(f"seen.{name}" for name in _SEEN)}, found.*
        FROM (SELECT * FROM cursors WHERE chain_id = %(chain_id)s) AS seen LEFT JOIN LATERAL ({rows}) AS found ON true
        {order}
        """.encode()  # noqa: S608 - the callers' own words; values are parameters


async def read(pool: AsyncConnectionPool, statement: bytes, parameters: Parameters) -> tuple[Seen | None, list[Row]]:
    """The rows, and where the mirror stands; None if nowhere."""
    try:
        rows = await _rows(pool, statement, parameters)
    except psycopg.OperationalError:  # a connection that the server has closed since, and then all of them may be
        await pool.check()
        rows = await _rows(pool, statement, parameters)
    if not rows:
        return None, []
    chain_id, number, block_hash, timestamp, safe, finalized, updated_at = rows[0][: len(_SEEN)]
    seen = Seen(chain_id, number, f"0x{block_hash.hex()}", timestamp, safe, finalized, updated_at)
    found = [row[len(_SEEN) :] for row in rows]
    return seen, [row for row in found if row[0] is not None]


def view_of(parts: Parts, seen: Seen | None) -> View:
    """Raises Problem when nothing is mirrored yet."""
    if seen is None:
        raise mirror_empty(parts.chain_id)
    return View(parts.book, parts.tokens, seen)


async def _rows(pool: AsyncConnectionPool, statement: bytes, parameters: Parameters) -> list[Row]:
    async with pool.connection() as connection, connection.cursor() as cursor:
        return await (await cursor.execute(statement, parameters)).fetchall()
