"""How a contract that is new to the mirror joins it: with all its past, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.blocks import ChainLog, Header
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.db.copy import copy_rows
from orchestrator.db.lease import Lease
from orchestrator.db.models import Block, WatchedContract
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.apply import apply_logs, store_logs
from orchestrator.mirror.backfill import RangeSize, backfill
from orchestrator.mirror.batch import Projector
from orchestrator.mirror.commit import CursorMoved
from orchestrator.mirror.cursor import Position, block_row, read_position
from orchestrator.mirror.fetch import fetch_proven
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.newest_lines import sequence_gaps, update_lines
from orchestrator.mirror.quarantine import quarantine_logs
from orchestrator.mirror.watch import Source, Watch

log = logging.getLogger(__name__)


async def join(
    engine: AsyncEngine, lease: Lease, reader: ChainReader, projector: Projector, position: Position
) -> None:
    """Take contracts into the mirror with all their past up to the cursor, in one transaction.

    Raises:
        CursorMoved: the cursor moved meanwhile; try again.
    """
    watch, chain_id = projector.watch, projector.chain_id
    headers, logs = await _read_past(reader, watch, position)
    async with engine.begin() as connection:
        await lease.check(connection)
        now = await read_position(connection, chain_id, lock=True)
        if now is None or now.at != position.at:
            raise CursorMoved
        if logs:
            await _append_past(connection, projector, headers, logs)
        rows = [_watched_row(chain_id, source) for source in watch.sources.values()]
        await copy_rows(connection, table_of(WatchedContract), rows)
    contracts = {source.label: source.address for source in watch.sources.values()}
    log.info("watching", extra={"chain_id": chain_id, "contracts": contracts, "logs": len(logs)})


async def _append_past(
    connection: AsyncConnection, projector: Projector, headers: Sequence[Header], logs: Sequence[ChainLog]
) -> None:
    chain_id = projector.chain_id
    await _store_older_blocks(connection, chain_id, headers)
    times = {header.number: header.timestamp for header in headers}
    projected = projector.project_logs(logs, times, await known_loan_tokens(connection, chain_id))
    await store_logs(connection, chain_id, logs)
    await quarantine_logs(connection, chain_id, await apply_logs(connection, list(projected)))
    first, last = logs[0].block_number, logs[-1].block_number
    for gap in await sequence_gaps(connection, chain_id, first, last):
        log.error("%s", gap, extra={"chain_id": chain_id})
    await update_lines(connection, chain_id, first, last)


async def _read_past(reader: ChainReader, watch: Watch, position: Position) -> tuple[list[Header], Sequence[ChainLog]]:
    """All of the watched logs up to the cursor, with the headers of their range; nothing when they begin after it."""
    headers: list[Header] = []
    logs: list[ChainLog] = []
    if watch.from_block > position.at.number:
        return headers, logs
    base = (await reader.headers_at([max(0, watch.from_block - 1)]))[0].ref
    async for batch in backfill(reader, watch, base, position.finalized.number, RangeSize()):
        headers += batch.headers
        logs += batch.logs
        base = batch.tip
    if base.number < position.at.number:
        recent = await fetch_proven(reader, watch, base, position.at.number)
        headers += recent.headers
        logs += recent.logs
        base = recent.tip
    if base != position.at:
        raise InDoubt(reader.provider, f"block {position.at.number} changed while older logs were read")
    return headers, logs


async def _store_older_blocks(connection: AsyncConnection, chain_id: int, headers: Sequence[Header]) -> None:
    """A contract older than the mirror brings its blocks along."""
    query = select(func.min(Block.number)).where(Block.chain_id == chain_id)
    oldest = (await connection.execute(query)).scalar_one()
    older = [block_row(chain_id, header) for header in headers if header.number < oldest]
    await copy_rows(connection, table_of(Block), older)


def _watched_row(chain_id: int, source: Source) -> dict[str, object]:
    return {
        "chain_id": chain_id,
        "address": source.address,
        "role": source.role.value,
        "vault": source.vault,
        "label": source.label,
        "from_block": source.from_block,
        "feed": source.feed,
        "phase": source.phase,
    }
