"""Queries on the log of events."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from psycopg_pool import AsyncConnectionPool

from api.statement import Parameters, Seen, in_one_snapshot, read


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Every given condition must hold."""

    vault: str | None = None
    line_id: int | None = None
    kinds: Sequence[str] = ()


class EventOrder(StrEnum):
    """How a stretch of the log is read."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the log: the positions between ``after`` and ``before``, neither included, from one of its ends."""

    after: int = 0
    before: int | None = None
    order: EventOrder = EventOrder.OLDEST


class EventRow(NamedTuple):
    """An event as the database sends it. Addresses and hashes are bytes.

    ``payload`` is JSON; ``canonical`` is what the mirror says of the event's block, None when it has not read it.
    """

    position: int
    id: uuid.UUID
    kind: str
    vault: bytes | None
    line_id: int | None
    block_number: int
    block_hash: bytes
    log_index: int
    tx_hash: bytes
    payload: str
    reverts: uuid.UUID | None
    created_at: datetime
    canonical: bool | None


_COLUMNS: Final = ", ".join(
    {"payload": "event.payload::text", "canonical": "block.canonical"}.get(name, f"event.{name}")
    for name in EventRow._fields
)
_BEFORE: Final = "position < %(before)s"
_OF_LINE: Final = "vault = %(vault)s AND line_id = %(line_id)s"
_OF_KINDS: Final = "kind = ANY(%(kinds)s)"


async def read_events(
    pool: AsyncConnectionPool, chain_id: int, stretch: Stretch, wanted: EventFilter, limit: int
) -> tuple[Seen | None, list[EventRow]]:
    """The first events of the stretch, in its order, and where the mirror stands; None if nowhere."""
    parameters: Parameters = {"chain_id": chain_id, "after": stretch.after, "limit": limit}
    conditions = []
    if stretch.before is not None:
        parameters["before"] = stretch.before
        conditions.append(_BEFORE)
    if wanted.line_id is not None:
        parameters |= {"vault": wanted.vault and bytes.fromhex(wanted.vault[2:]), "line_id": wanted.line_id}
        conditions.append(_OF_LINE)
    if wanted.kinds:
        parameters["kinds"] = list(wanted.kinds)
        conditions.append(_OF_KINDS)
    seen, rows = await read(pool, _statement(stretch.order, tuple(conditions)), parameters)
    return seen, [EventRow._make(row) for row in rows]


@lru_cache
def _statement(order: EventOrder, conditions: tuple[str, ...]) -> bytes:
    wanted = " AND ".join(("chain_id = %(chain_id)s", "position > %(after)s", *conditions))
    by = "position DESC" if order is EventOrder.NEWEST else "position"
    return in_one_snapshot(
        f"""
        SELECT {_COLUMNS}
        FROM (SELECT * FROM outbox_events WHERE {wanted} ORDER BY {by} LIMIT %(limit)s) AS event
        LEFT JOIN blocks AS block
            ON (block.chain_id, block.number, block.hash) = (event.chain_id, event.block_number, event.block_hash)
        """,  # noqa: S608 - this module's own words; values are parameters
        order=f"ORDER BY found.{by}",
    )
