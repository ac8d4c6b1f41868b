"""How far the engine of a chain is, in facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import EngineCursor, WaitingLine


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """``block_number`` was evaluated last, −1 before the first; ``lines_waiting`` are yet to be looked at."""

    block_number: int
    evaluated_at: datetime
    lines_waiting: int


async def engine_status(session: AsyncSession, chain_id: int) -> EngineStatus | None:
    """None when no engine of the chain has ever run."""
    waiting = select(func.count()).select_from(WaitingLine).where(WaitingLine.chain_id == chain_id)
    statement = select(
        EngineCursor.block_number, EngineCursor.evaluated_at, waiting.scalar_subquery().label("lines_waiting")
    ).where(EngineCursor.chain_id == chain_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else EngineStatus(row.block_number, row.evaluated_at, row.lines_waiting)
