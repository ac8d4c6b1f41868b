"""The one order of all events: positions without gaps, assigned after commit.

The identity `sequence` of an outbox row is drawn before its transaction commits, so a reader who remembers the greatest
one may miss a slower transaction. A `position` is only given to committed rows, by one sequencer at a time, and becomes
visible in order: who has read position n has read all before it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

log = logging.getLogger(__name__)

EVENTS_CHANNEL = "covenant_events"
ROWS_AT_ONCE = 5_000
RESTS = 4
"""How many times as long as a full batch took the sequencer rests after it."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('covenant sequencer'))")

# Within a chain there is one writer, so the identity order of committed rows is the order of (block, log), and what
# takes an event back comes after it.
_ASSIGN = text(
    """
    WITH fresh AS (
        SELECT id, row_number() OVER (ORDER BY sequence) AS place
        FROM (SELECT id, sequence FROM outbox_events WHERE position IS NULL ORDER BY sequence LIMIT :rows) AS waiting
    ), reached AS (
        SELECT coalesce(max(position), 0) AS position FROM outbox_events WHERE position IS NOT NULL
    ), assigned AS (
        UPDATE outbox_events SET position = reached.position + fresh.place
        FROM fresh, reached WHERE outbox_events.id = fresh.id
        RETURNING outbox_events.position
    )
    SELECT count(*) AS assigned, max(position) AS last FROM assigned
    """
)
_NOTIFY = text("SELECT pg_notify(:channel, :last)")


async def assign_positions(engine: AsyncEngine, rows: int = ROWS_AT_ONCE) -> int:
    """Give positions to committed events that have none, at most ``rows``; returns to how many.

    Concurrent calls wait for one another.
    """
    async with engine.begin() as connection:
        await connection.execute(_LOCK)
        assigned, last = (await connection.execute(_ASSIGN, {"rows": rows})).one()
        if assigned:
            await connection.execute(_NOTIFY, {"channel": EVENTS_CHANNEL, "last": str(last)})
    return int(assigned)


class Sequencer:
    """Assigns positions whenever it is woken, and every ``interval_s`` seconds at the latest."""

    def __init__(self, engine: AsyncEngine, interval_s: float) -> None:
        self._engine = engine
        self._interval_s = interval_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._woken.clear()
            try:
                while await self._assign() == ROWS_AT_ONCE:
                    pass
            except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
                log.warning("positions wait for the database (%s)", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._interval_s)

    async def _assign(self) -> int:
        """Of a long backlog, as a backfill makes it, some at a time: the mirror has the better part of the database."""
        began = time.monotonic()
        assigned = await assign_positions(self._engine)
        if assigned == ROWS_AT_ONCE:
            await asyncio.sleep(RESTS * (time.monotonic() - began))
        return assigned
