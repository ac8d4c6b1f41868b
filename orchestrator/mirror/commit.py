"""The one transaction of the mirror: a batch with all that follows from it is committed as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.blocks import BlockRef, ChainLog
from orchestrator.chain.reader import Heads
from orchestrator.db.copy import copy_rows
from orchestrator.db.lease import Lease
from orchestrator.db.models import Block, Log, Market, Model, OutboxEvent, Quarantine
from orchestrator.db.models.registry import table_of
from orchestrator.errors import CovenantError
from orchestrator.mirror.batch import Batch, LoanTokens, ProjectedLog, Projector
from orchestrator.mirror.cursor import Position, block_row, move_cursor, read_position
from orchestrator.mirror.newest_lines import update_lines
from orchestrator.mirror.rewind import rewind

BLOCKS_CHANNEL = "covenant_blocks"

_NOTIFY = text("SELECT pg_notify(:channel, :message)")

# Each state of a line is numbered. A version that does not follow the one before it means that a log is missing.
_SEQUENCE_GAPS = text(
    """
    SELECT version.line_id, version.seq, coalesce(previous.seq, 0) AS previous_seq
    FROM line_versions AS version LEFT JOIN LATERAL (
        SELECT seq FROM line_versions AS earlier
        WHERE (earlier.chain_id, earlier.vault, earlier.line_id) = (version.chain_id, version.vault, version.line_id)
          AND (earlier.block_number, earlier.log_index) < (version.block_number, version.log_index)
        ORDER BY earlier.block_number DESC, earlier.log_index DESC LIMIT 1
    ) AS previous ON true
    WHERE version.chain_id = :chain_id AND version.block_number BETWEEN :first AND :last
      AND version.seq <> coalesce(previous.seq, 0) + 1
    """
)


class CursorMoved(CovenantError):
    """The cursor is not where the batch was planned from: nothing was committed, plan again."""

    def __init__(self) -> None:
        super().__init__("the cursor moved while a batch was read", "nothing to do: the mirror plans again")


class SequenceGap(CovenantError):
    """The logs of a batch leave out a state of a line. Nothing was committed."""

    def __init__(self, gaps: Sequence[str]) -> None:
        super().__init__(f"logs are missing: {'; '.join(gaps)}", "the mirror reads the blocks again, with proof")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did. ``gaps``: states that even the proven logs leave out."""

    tip: BlockRef
    reorg_depth: int
    logs: int
    quarantined: tuple[ProjectedLog, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes batches of one chain under one lease."""

    engine: AsyncEngine
    lease: Lease
    projector: Projector

    async def commit(self, planned_from: Position, batch: Batch, heads: Heads) -> Committed:
        """Rewind to the batch's base if need be, append the batch, which may be empty, and note the heads.

        Raises:
            LeaseLost: another writer has taken over.
            CursorMoved: the cursor is not at ``planned_from``.
            SequenceGap: the batch is unproven and leaves something out.
            HeadsContradict: the finalized block is not in the chain that was read.
        """
        chain_id = self.projector.chain_id
        async with self.engine.begin() as connection:
            await self.lease.check(connection)
            position = await read_position(connection, chain_id, lock=True)
            if position is None or position.at != planned_from.at:
                raise CursorMoved
            if batch.base != position.at:
                await rewind(connection, chain_id, batch.base.number)
            projected = self.projector.project(batch, await known_loan_tokens(connection, chain_id))
            await _forget_orphans(connection, chain_id, batch)
            await copy_rows(connection, table_of(Block), [block_row(chain_id, header) for header in batch.headers])
            quarantined = await append(connection, chain_id, projected)
            gaps: tuple[str, ...] = ()
            if batch.logs:
                first, last = batch.base.number + 1, batch.tip.number
                gaps = await sequence_gaps(connection, chain_id, first, last)
                if gaps and not batch.proven:
                    raise SequenceGap(gaps)
                await update_lines(connection, chain_id, first, last)
            await move_cursor(connection, chain_id, position, batch.tip, heads, self.lease.epoch)
            if batch.tip != position.at:
                message = f"{chain_id}:{batch.tip.number}"
                await connection.execute(_NOTIFY, {"channel": BLOCKS_CHANNEL, "message": message})
        return Committed(batch.tip, position.at.number - batch.base.number, len(batch.logs), tuple(quarantined), gaps)


async def append(connection: AsyncConnection, chain_id: int, projected: Sequence[ProjectedLog]) -> list[ProjectedLog]:
    """Write logs with all that they make. What can't be applied goes to quarantine, alone; it is returned."""
    await copy_rows(connection, table_of(Log), [_log_row(chain_id, item.log) for item in projected])
    sound = [item for item in projected if item.fault is None]
    faulty = [item for item in projected if item.fault is not None]
    try:
        async with connection.begin_nested():
            await _write(connection, sound)
    except (psycopg.DataError, psycopg.IntegrityError):
        for item in sound:
            fault = await _write_alone(connection, item)
            if fault is not None:
                faulty.append(ProjectedLog(item.log, fault=fault))
    await copy_rows(connection, table_of(Quarantine), [_quarantine_row(chain_id, item) for item in faulty])
    return faulty


async def sequence_gaps(connection: AsyncConnection, chain_id: int, first: int, last: int) -> tuple[str, ...]:
    """The versions that blocks ``first`` to ``last`` made and that don't follow the version before them, in words."""
    rows = await connection.execute(_SEQUENCE_GAPS, {"chain_id": chain_id, "first": first, "last": last})
    return tuple(f"line {row.line_id} goes from state {row.previous_seq} to {row.seq}" for row in rows)


async def _write_alone(connection: AsyncConnection, item: ProjectedLog) -> str | None:
    """Write what one log makes; the reason when the database refuses it."""
    try:
        async with connection.begin_nested():
            await _write(connection, [item])
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


async def _write(connection: AsyncConnection, items: Iterable[ProjectedLog]) -> None:
    by_model: dict[type[Model], list[dict[str, object]]] = {}
    told: list[dict[str, object]] = []
    for item in items:
        for row in item.rows:
            by_model.setdefault(row.model, []).append(row.values)
        if item.told is not None:
            told.append(dict(item.told))
    for model, rows in by_model.items():
        await copy_rows(connection, table_of(model), rows)
    await copy_rows(connection, table_of(OutboxEvent), told)


async def _forget_orphans(connection: AsyncConnection, chain_id: int, batch: Batch) -> None:
    """Blocks of the batch that were orphans are about to be stored anew, as canonical ones."""
    if not batch.headers:
        return
    first, last = batch.headers[0].number, batch.headers[-1].number
    hashes = [header.hash for header in batch.headers]
    await connection.execute(
        delete(Log).where(Log.chain_id == chain_id, Log.block_number.between(first, last), Log.block_hash.in_(hashes))
    )
    await connection.execute(
        delete(Block).where(Block.chain_id == chain_id, Block.number.between(first, last), Block.hash.in_(hashes))
    )


async def known_loan_tokens(connection: AsyncConnection, chain_id: int) -> LoanTokens:
    """The loan token of each (vault, market id) of the markets that are mirrored."""
    query = select(Market.vault, Market.market_id, Market.loan_token).where(Market.chain_id == chain_id)
    return {(vault, market_id): token for vault, market_id, token in await connection.execute(query)}


def _log_row(chain_id: int, log: ChainLog) -> dict[str, object]:
    topics = (*log.topics, None, None, None, None)
    return {
        "chain_id": chain_id,
        "block_number": log.block_number,
        "block_hash": log.block_hash,
        "log_index": log.log_index,
        "tx_hash": log.tx_hash,
        "tx_index": log.tx_index,
        "address": log.address,
        "topic0": topics[0],
        "topic1": topics[1],
        "topic2": topics[2],
        "topic3": topics[3],
        "data": log.data,
        "canonical": True,
    }


def _quarantine_row(chain_id: int, item: ProjectedLog) -> dict[str, object]:
    return {
        "chain_id": chain_id,
        "block_number": item.log.block_number,
        "block_hash": item.log.block_hash,
        "log_index": item.log.log_index,
        "reason": item.fault,
    }
