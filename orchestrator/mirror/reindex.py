"""The mirror of a chain again from nothing: built aside in a schema of its own, compared, and swapped in if it differs.

Readers see the old rows until the one transaction that replaces them. Nothing is sent: the outbox of the rebuild is
thrown away with its schema. The indexer keeps running; it waits while the cursor's row is locked for the swap.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, MetaData, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateSchema, DropSchema

from orchestrator.alerts import Alerts
from orchestrator.chain.blocks import BlockRef
from orchestrator.chain.reader import ChainReader
from orchestrator.db.lease import acquire_lease
from orchestrator.db.models import Block, Cursor, Lease, Line, Log, Model, OutboxEvent, Quarantine, WatchedContract
from orchestrator.db.models.registry import table_of
from orchestrator.db.session import open_engine
from orchestrator.errors import CovenantError
from orchestrator.mirror.commit import Committer
from orchestrator.mirror.cursor import read_position, require_position, touch_cursor
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.digest import digest, table_digests
from orchestrator.mirror.follow import Follower, Step
from orchestrator.mirror.rewind import PROJECTED
from orchestrator.mirror.start import open_mirror, watched_sources

log = logging.getLogger(__name__)

MIRRORED: tuple[type[Model], ...] = (Block, Log, *PROJECTED, Line, Quarantine)
"""The tables that a reindex makes anew. The cursor is the same by then; outbox and off-chain tables stay."""

_REBUILT: tuple[type[Model], ...] = (*MIRRORED, Cursor, WatchedContract, Lease, OutboxEvent)
_LEASE_TTL = timedelta(minutes=10)
_MEETINGS = 50
_PAUSE_S = 0.2


class MirrorFrozen(CovenantError):
    """What people have to decide is not decided by a rebuild."""


class Restless(CovenantError):
    """The live mirror moved on each time that the rebuild had caught up."""


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What a reindex found at ``block``: the digest of the rebuilt rows, and the tables that were replaced by them."""

    chain_id: int
    block: BlockRef
    digest: str
    replaced: tuple[str, ...]


async def reindex(
    live: AsyncEngine, database_url: str, reader: ChainReader, alerts: Alerts, chain_id: int, codecs: Codecs
) -> Reindexed:
    """Mirror the chain again and put the result in place of the live rows if it differs.

    Raises:
        NotMirrored: there is no mirror to rebuild.
        MirrorFrozen: the provider contradicts what the mirror holds as final.
        RpcError, FinalizedMismatch: as when following; the live rows are untouched.
        Restless: the chain is faster than the rebuild can be compared; try again.
    """
    async with live.connect() as connection:
        if (await require_position(connection, chain_id)).frozen:
            raise MirrorFrozen(
                f"the mirror of chain {chain_id} is frozen: a provider contradicts a finalized block",
                "find out who is right first: docs/runbooks/mirror-finalized-mismatch.md",
            )
        wanted = await watched_sources(connection, chain_id)
    async with _schema(live, f"reindex_{chain_id}_{uuid.uuid4().hex[:8]}") as schema:
        aside = open_engine(database_url, process="reindex", schema=schema)
        try:
            await _create_tables(aside)
            lease = await acquire_lease(aside, f"mirror:{chain_id}", "reindex", _LEASE_TTL)
            assert lease is not None, "nobody else knows the schema"
            projector = await open_mirror(aside, lease, reader, chain_id, wanted, codecs)
            follower = Follower(aside, Committer(aside, lease, projector, announce=False), alerts)
            for _ in range(_MEETINGS):
                while await follower.step(reader) is Step.MOVED:
                    await lease.renew(aside)
                done = await _compare_and_swap(live, aside, schema, chain_id, projector.watch.from_block)
                if done is not None:
                    return done
                await asyncio.sleep(_PAUSE_S)
        finally:
            await aside.dispose()
    raise Restless("the mirror moved on each time that the rebuild had caught up", "run it again, or in a quieter hour")


@asynccontextmanager
async def _schema(engine: AsyncEngine, name: str) -> AsyncIterator[str]:
    async with engine.begin() as connection:
        await connection.execute(CreateSchema(name))
    try:
        yield name
    finally:
        async with engine.begin() as connection:
            await connection.execute(DropSchema(name, cascade=True))


async def _create_tables(aside: AsyncEngine) -> None:
    tables = [table_of(model) for model in _REBUILT]
    async with aside.begin() as connection:
        await connection.run_sync(lambda sync: Model.metadata.create_all(sync, tables=tables, checkfirst=False))


async def _compare_and_swap(
    live: AsyncEngine, aside: AsyncEngine, schema: str, chain_id: int, from_block: int
) -> Reindexed | None:
    """None unless both mirrors are at the same block. The live cursor can't move until this is over."""
    async with live.begin() as connection, aside.connect() as rebuilt:
        position = await read_position(connection, chain_id, lock=True)
        other = await read_position(rebuilt, chain_id)
        if position is None or other is None or position.at != other.at:
            return None
        before = await table_digests(connection, chain_id, from_block)
        after = await table_digests(rebuilt, chain_id, from_block)
        differing = [table for table in map(table_of, MIRRORED) if before[table.name] != after[table.name]]
        await _swap(connection, schema, chain_id, differing)
        replaced = tuple(table.name for table in differing)
        return Reindexed(chain_id, position.at, await digest(rebuilt, chain_id, from_block), replaced)


async def _swap(connection: AsyncConnection, schema: str, chain_id: int, tables: Iterable[Table]) -> None:
    for table in tables:
        log.warning("replaced by its rebuilt rows", extra={"chain_id": chain_id, "table": table.name})
        rebuilt = table.to_metadata(MetaData(), schema=schema)
        await connection.execute(delete(table).where(*_replaced(table, chain_id)))
        names = [column.name for column in table.columns if column.computed is None]
        rows = select(*(rebuilt.columns[name] for name in names)).where(*_replaced(rebuilt, chain_id))
        await connection.execute(insert(table).from_select(names, rows))
    await touch_cursor(connection, chain_id)


def _replaced(table: Table, chain_id: int) -> list[ColumnElement[bool]]:
    """Orphaned blocks and logs are evidence: they stay, and the rebuild has none."""
    rows = [table.c.chain_id == chain_id]
    return [*rows, table.c.canonical] if "canonical" in table.columns else rows
