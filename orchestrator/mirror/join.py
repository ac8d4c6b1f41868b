"""How a contract that is new to the mirror joins it: with all its past, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.db.copy import copy_rows
from orchestrator.db.lease import Lease
from orchestrator.db.models import Block, WatchedContract
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.apply import apply_logs, store_logs
from orchestrator.mirror.backfill import RangeSize, backfill, fetch_range_proven
from orchestrator.mirror.batch import Batch, LoanTokens, Projector
from orchestrator.mirror.commit import CursorMoved
from orchestrator.mirror.cursor import Position, block_row, read_position, touch_cursor
from orchestrator.mirror.fetch import fetch_proven
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.newest_lines import sequence_gaps, update_lines
from orchestrator.mirror.quarantine import quarantine_logs
from orchestrator.mirror.watch import Source, Watch

log = logging.getLogger(__name__)

BLOCKS_AT_ONCE: Final = 64
"""How many blocks that are not final are read, with proof, at once."""


async def join(
    engine: AsyncEngine,
    lease: Lease,
    reader: ChainReader,
    projector: Projector,
    position: Position,
    witness: ChainReader | None = None,
) -> None:
    """Take contracts into the mirror with all their past up to the cursor, in one transaction.

    The past is read range by range while the transaction is open, so that it need not be held in memory. The cursor
    stands still meanwhile. The lease is checked at the end, so that it can be renewed until then. ``witness``: another
    provider, which has to say the same of what is final, as in a backfill.

    Raises:
        CursorMoved: the cursor moved meanwhile; try again.
        RpcError: the provider failed; nothing is left of what was read.
    """
    watch, chain_id = projector.watch, projector.chain_id
    async with engine.begin() as connection:
        now = await read_position(connection, chain_id, lock=True)
        if now is None or now.at != position.at:
            raise CursorMoved
        logs = await _append_past(connection, reader, projector, position, witness)
        rows = [_watched_row(chain_id, source) for source in watch.sources.values()]
        await copy_rows(connection, table_of(WatchedContract), rows)
        await touch_cursor(connection, chain_id)
        await lease.check(connection)
    contracts = {source.label: source.address for source in watch.sources.values()}
    log.info("watching", extra={"chain_id": chain_id, "contracts": contracts, "logs": logs})


async def _append_past(
    connection: AsyncConnection,
    reader: ChainReader,
    projector: Projector,
    position: Position,
    witness: ChainReader | None,
) -> int:
    """Returns how many logs there were."""
    chain_id = projector.chain_id
    query = select(func.min(Block.number)).where(Block.chain_id == chain_id)
    oldest: int = (await connection.execute(query)).scalar_one()
    loan_tokens, logs = await known_loan_tokens(connection, chain_id), 0
    async with aclosing(_past(reader, projector.watch, position, witness)) as batches:
        async for batch in batches:
            older = [block_row(chain_id, header) for header in batch.headers if header.number < oldest]
            await copy_rows(connection, table_of(Block), older)
            if not await _append(connection, projector, batch, loan_tokens):
                proven = await fetch_range_proven(reader, projector.watch, batch)
                loan_tokens = await known_loan_tokens(connection, chain_id)
                await _append(connection, projector, proven, loan_tokens)
            logs += len(batch.logs)
    return logs


async def _append(connection: AsyncConnection, projector: Projector, batch: Batch, loan_tokens: LoanTokens) -> bool:
    """Store the logs of a range with what they make. False, and nothing is stored, if they leave out a state."""
    if not batch.logs:
        return True
    chain_id, first, last = projector.chain_id, batch.headers[0].number, batch.tip.number
    projected = [item async for turn in projector.project_in_turns(batch, loan_tokens) for item in turn]
    savepoint = await connection.begin_nested()
    await store_logs(connection, projected)
    await quarantine_logs(connection, chain_id, await apply_logs(connection, chain_id, projected))
    gaps = await sequence_gaps(connection, chain_id, first, last)
    if gaps and not batch.proven:
        await savepoint.rollback()
        return False
    for gap in gaps:
        log.error("%s", gap, extra={"chain_id": chain_id})
    await update_lines(connection, chain_id, first, last)
    await savepoint.commit()
    return True


async def _past(
    reader: ChainReader, watch: Watch, position: Position, witness: ChainReader | None
) -> AsyncGenerator[Batch]:
    """The watched logs up to the cursor, in order; nothing when they begin after it. Raises RpcError."""
    if watch.from_block > position.at.number:
        return
    base = (await reader.headers_at([max(0, watch.from_block - 1)]))[0].ref
    async with aclosing(backfill(reader, watch, base, position.finalized.number, RangeSize(), witness)) as ranges:
        async for batch in ranges:
            yield batch
            base = batch.tip
    while base.number < position.at.number:
        last = min(base.number + BLOCKS_AT_ONCE, position.at.number)
        batch = await fetch_proven(reader, watch, base, last)
        yield batch
        base = batch.tip
    if base != position.at:
        raise InDoubt(reader.provider, f"block {position.at.number} changed while older logs were read")


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
        "read_at_hash": source.read_at_hash,
    }
