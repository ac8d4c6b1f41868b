"""What befalls the indexer's database connections, and what a person does to its mirror."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.mirror.cursor import NotMirrored, read_position
from orchestrator.mirror.rewind import NoSuchBlock, rewind_cursor
from tests.simulation.ground import CHAIN_ID

INDEXER = "covenant indexer"
"""As its connections are called."""

HOLD_WITHIN_MS = 300
WAIT_WITHIN_S = 1.0
POLL_S = 0.003

_TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s
"""
_WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database() AND application_name = %s
"""


async def terminate_connections(conninfo: str) -> int:
    """Ends the indexer's connections. Returns how many there were."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        ended = await connection.execute(_TERMINATE, [INDEXER])
        return ended.rowcount


async def expire_leases(conninfo: str) -> None:
    """Lets the time pass that a standby would wait for a leader that was killed."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute("UPDATE leases SET expires_at = '-infinity'")


@asynccontextmanager
async def held(conninfo: str, table: str) -> AsyncIterator[psycopg.AsyncConnection | None]:
    """Nobody writes to a table meanwhile, and who wants to waits; None when somebody kept us from holding it."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(HOLD_WITHIN_MS))
        try:
            await connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))
        except psycopg.errors.LockNotAvailable:
            yield None
            return
        yield connection
        await connection.rollback()


async def somebody_waits(connection: psycopg.AsyncConnection) -> bool:
    """Whether the indexer comes to wait for a lock within ``WAIT_WITHIN_S``: it is then inside a transaction."""
    try:
        async with asyncio.timeout(WAIT_WITHIN_S):
            while True:
                row = await (await connection.execute(_WAITING, [INDEXER])).fetchone()
                if row and row[0]:
                    return True
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return False


async def rewind_by(engine: AsyncEngine, blocks: int) -> int | None:
    """As `covenant rewind`: the block that the mirror was taken back to, None where there was nothing to take back."""
    async with engine.begin() as connection:
        position = await read_position(connection, CHAIN_ID)
        if position is None:
            return None
        to = max(0, position.at.number - blocks)
        try:
            await rewind_cursor(connection, CHAIN_ID, to)
        except (NoSuchBlock, NotMirrored):
            return None
        return to
