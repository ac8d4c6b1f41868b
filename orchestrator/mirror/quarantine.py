"""Logs that could not be decoded or applied: kept with the reason, and tried again by the next version that starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.blocks import ChainLog
from orchestrator.db.copy import copy_rows
from orchestrator.db.models import Block, Log, Quarantine
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.apply import apply_logs
from orchestrator.mirror.batch import ProjectedLog, Projector
from orchestrator.mirror.cursor import require_position, touch_cursor
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.newest_lines import update_lines
from orchestrator.mirror.stored_logs import log_of

_SAME_LOG = and_(
    Quarantine.chain_id == Log.chain_id,
    Quarantine.block_number == Log.block_number,
    Quarantine.block_hash == Log.block_hash,
    Quarantine.log_index == Log.log_index,
)

_NEWEST = 2**63 - 1
"""No block is beyond it."""


def quarantine_alert(chain_id: int) -> str:
    """The key of the alert that lasts while logs are in quarantine."""
    return f"mirror_quarantine:{chain_id}"


async def count_quarantined(connection: AsyncConnection, chain_id: int) -> int:
    """How many logs wait for a version that can read them."""
    query = select(func.count()).where(Quarantine.chain_id == chain_id, Quarantine.resolved_at.is_(None))
    return (await connection.execute(query)).scalar_one()


@dataclass(frozen=True, slots=True)
class QuarantinedLog:
    """A log that waits, and why."""

    block_number: int
    log_index: int
    address: str
    tx_hash: str
    reason: str


async def quarantined_logs(connection: AsyncConnection, chain_id: int) -> list[QuarantinedLog]:
    """The logs that wait for a version that can read them, in the order of the chain."""
    query = (
        select(Log.block_number, Log.log_index, Log.address, Log.tx_hash, Quarantine.reason)
        .join(Quarantine, _SAME_LOG)
        .where(Log.chain_id == chain_id, Log.canonical, Quarantine.resolved_at.is_(None))
        .order_by(Log.block_number, Log.log_index)
    )
    return [QuarantinedLog(*row) for row in await connection.execute(query)]


async def quarantine_logs(connection: AsyncConnection, chain_id: int, faulty: Iterable[ProjectedLog]) -> None:
    """Keep the reason why each of some stored logs made nothing."""
    rows = [
        {
            "chain_id": chain_id,
            "block_number": item.log.block_number,
            "block_hash": item.log.block_hash,
            "log_index": item.log.log_index,
            "reason": item.fault,
        }
        for item in faulty
    ]
    await copy_rows(connection, table_of(Quarantine), rows)


async def retry_quarantined(connection: AsyncConnection, projector: Projector) -> int:
    """Apply what can be applied by now, within the caller's transaction. Returns how many logs left the quarantine.

    Raises NotMirrored.
    """
    chain_id = projector.chain_id
    await require_position(connection, chain_id, lock=True)
    logs, times = await _quarantined(connection, projector)
    if not logs:
        return 0
    projected = projector.project_logs(logs, times, await known_loan_tokens(connection, chain_id))
    still_faulty = {
        (item.log.block_number, item.log.log_index) for item in await apply_logs(connection, chain_id, list(projected))
    }
    cured = [log for log in logs if (log.block_number, log.log_index) not in still_faulty]
    for log in cured:
        await connection.execute(
            update(Quarantine)
            .where(
                Quarantine.chain_id == chain_id,
                Quarantine.block_number == log.block_number,
                Quarantine.block_hash == log.block_hash,
                Quarantine.log_index == log.log_index,
            )
            .values(resolved_at=func.clock_timestamp())
        )
    if cured:  # the newest state of a line that came late may be newer than anything that was in quarantine
        await update_lines(connection, chain_id, cured[0].block_number, _NEWEST)
        await touch_cursor(connection, chain_id)
    return len(cured)


async def _quarantined(connection: AsyncConnection, projector: Projector) -> tuple[list[ChainLog], dict[int, int]]:
    """Unresolved logs of watched contracts in the order of the chain, with the timestamps of their blocks."""
    query = (
        select(Log.__table__, Block.timestamp)
        .join(Quarantine, _SAME_LOG)
        .join(
            Block,
            (Block.chain_id == Log.chain_id) & (Block.number == Log.block_number) & (Block.hash == Log.block_hash),
        )
        .where(Log.chain_id == projector.chain_id, Log.canonical, Quarantine.resolved_at.is_(None))
        .order_by(Log.block_number, Log.log_index)
    )
    rows = (await connection.execute(query)).all()
    logs = [log_of(row) for row in rows if row.address in projector.watch.sources]
    return logs, {row.block_number: row.timestamp for row in rows}
