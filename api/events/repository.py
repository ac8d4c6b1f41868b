"""Queries on the log of events."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
_OF_LINE: Final = "vault = %(vault)s AND line_id = %(line_id)s"
_OF_KINDS: Final = "kind = ANY(%(kinds)s)"


async def read_events(
    pool: AsyncConnectionPool, chain_id: int, after: int, wanted: EventFilter, limit: int
) -> tuple[Seen | None, list[EventRow]]:
    """The events after the position ``after`` by ascending position, and where the mirror stands; None if nowhere."""
    parameters: Parameters = {"chain_id": chain_id, "after": after, "limit": limit}
    conditions = []
    if wanted.line_id is not None:
        parameters |= {"vault": wanted.vault and bytes.fromhex(wanted.vault[2:]), "line_id": wanted.line_id}
        conditions.append(_OF_LINE)
    if wanted.kinds:
        parameters["kinds"] = list(wanted.kinds)
        conditions.append(_OF_KINDS)
    seen, rows = await read(pool, _statement(tuple(conditions)), parameters)
    return seen, [EventRow._make(row) for row in rows]


@lru_cache
def _statement(conditions: tuple[str, ...]) -> bytes:
    wanted = " AND ".join(("chain_id = %(chain_id)s", "position > %(after)s", *conditions))
    return in_one_snapshot(
        f"""
        SELECT {_COLUMNS}
        FROM (SELECT * FROM outbox_events WHERE {wanted} ORDER BY position LIMIT %(limit)s) AS event
        LEFT JOIN blocks AS block
            ON (block.chain_id, block.number, block.hash) = (event.chain_id, event.block_number, event.block_hash)
        """,  # noqa: S608 - this module's own words; values are parameters
        order="ORDER BY found.position",
    )
