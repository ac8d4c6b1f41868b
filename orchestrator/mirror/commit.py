"""The one transaction of the mirror: a batch with all that follows from it is committed as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.reader import Heads
from orchestrator.db.copy import copy_rows
from orchestrator.db.lease import Lease
from orchestrator.db.models import Block, Log
from orchestrator.db.models.registry import table_of
from orchestrator.errors import CovenantError
from orchestrator.mirror.apply import REFUSED, apply_logs, apply_written, store_logs
from orchestrator.mirror.batch import Batch, ProjectedLog, Projector
from orchestrator.mirror.cursor import Position, block_row, move_cursor, read_position
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.newest_lines import sequence_gaps, update_lines
from orchestrator.mirror.quarantine import quarantine_logs
from orchestrator.mirror.rewind import rewind
from orchestrator.mirror.written import Written

BLOCKS_CHANNEL = "covenant_blocks"

_Apply = Callable[[AsyncConnection], Awaitable[list[ProjectedLog]]]
"""Writes the logs of a batch with what they make. Returns those that make nothing."""

_NOTIFY = text("SELECT pg_notify(:channel, :message)")


class CursorMoved(CovenantError):
    """The cursor is not where the batch was planned from: nothing was committed, plan again."""

    def __init__(self) -> None:
        super().__init__("the cursor moved while a batch was read", "nothing to do: the mirror plans again")


class SequenceGap(CovenantError):
    """The logs of a batch leave out a state of a line. Nothing was committed."""

    def __init__(self, gaps: Sequence[str]) -> None:
        super().__init__(f"logs are missing: {'; '.join(gaps)}", "the mirror reads the blocks again, with proof")


class RowsRefused(CovenantError):
    """The database refuses rows of a range that was written ahead. Nothing was committed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a range can't be written as a whole: {reason}", "the mirror applies it log by log")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did, and where the cursor is now. ``gaps``: states that even the proven logs leave out."""

    position: Position
    reorg_depth: int
    logs: int
    quarantined: tuple[ProjectedLog, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes batches of one chain under one lease. ``announce`` wakes those who wait for new blocks."""

    engine: AsyncEngine
    lease: Lease
    projector: Projector
    announce: bool = True

    async def commit(self, planned_from: Position, batch: Batch, heads: Heads) -> Committed:
        """Rewind to the batch's base if need be, append the batch, which may be empty, and note the heads.

        Raises:
            LeaseLost: another writer has taken over.
            CursorMoved: the cursor is not at ``planned_from``.
            SequenceGap: the batch is unproven and leaves something out.
            HeadsContradict: the finalized block is not in the chain that was read.
        """

        async def apply(connection: AsyncConnection) -> list[ProjectedLog]:
            tokens = await known_loan_tokens(connection, self.projector.chain_id)
            projected = self.projector.project(batch, tokens)
            await store_logs(connection, projected)
            return await apply_logs(connection, self.projector.chain_id, projected)

        return await self._commit(planned_from, batch, len(batch.logs), heads, apply)

    async def commit_written(self, planned_from: Position, written: Written, heads: Heads) -> Committed:
        """The same for a range that is written already.

        Raises:
            RowsRefused: it can only be applied log by log. Nothing was committed.
        """

        async def apply(connection: AsyncConnection) -> list[ProjectedLog]:
            return await apply_written(connection, self.projector.chain_id, written)

        try:
            return await self._commit(planned_from, written.blocks, written.log_count, heads, apply)
        except REFUSED as error:
            raise RowsRefused(str(error).splitlines()[0]) from error

    async def _commit(
        self, planned_from: Position, batch: Batch, log_count: int, heads: Heads, apply: _Apply
    ) -> Committed:
        chain_id = self.projector.chain_id
        async with self.engine.begin() as connection:
            await self.lease.check(connection)
            position = await read_position(connection, chain_id, lock=True)
            if position is None or position.at != planned_from.at:
                raise CursorMoved
            if batch.base != position.at:
                await rewind(connection, chain_id, batch.base.number)
            await _forget_orphans(connection, chain_id, batch)
            await copy_rows(connection, table_of(Block), [block_row(chain_id, header) for header in batch.headers])
            faulty, gaps = await self._append(connection, batch, apply) if log_count else ([], ())
            now = await move_cursor(connection, chain_id, position, batch.tip, heads, self.lease.epoch)
            if self.announce and batch.tip != position.at:
                message = f"{chain_id}:{batch.tip.number}"
                await connection.execute(_NOTIFY, {"channel": BLOCKS_CHANNEL, "message": message})
        reorg_depth = position.at.number - batch.base.number
        return Committed(now, reorg_depth, log_count, tuple(faulty), gaps)

    async def _append(
        self, connection: AsyncConnection, batch: Batch, apply: _Apply
    ) -> tuple[list[ProjectedLog], tuple[str, ...]]:
        chain_id = self.projector.chain_id
        faulty = await apply(connection)
        await quarantine_logs(connection, chain_id, faulty)
        first, last = batch.headers[0].number, batch.tip.number
        gaps = await sequence_gaps(connection, chain_id, first, last)
        if gaps and not batch.proven:
            raise SequenceGap(gaps)
        await update_lines(connection, chain_id, first, last)
        return faulty, gaps


async def _forget_orphans(connection: AsyncConnection, chain_id: int, batch: Batch) -> None:
    """Blocks of the batch that were orphans are about to be stored anew, as canonical ones."""
    if not batch.headers:
        return
    first, last = batch.headers[0].number, batch.headers[-1].number
    hashes = [header.hash for header in batch.headers]
    blocks = delete(Block).where(Block.chain_id == chain_id, Block.number.between(first, last), Block.hash.in_(hashes))
    logs = delete(Log).where(
        Log.chain_id == chain_id, Log.block_number.between(first, last), Log.block_hash.in_(hashes)
    )
    await connection.execute(logs.add_cte(blocks.cte("blocks_too")))
