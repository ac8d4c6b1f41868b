"""Queries on what is sent."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Intent
from orchestrator.transactions.states import IN_FLIGHT, IntentStatus


async def count_unfinished(session: AsyncSession, chain_id: int) -> tuple[int, int]:
    """How many transactions are queued, and how many are on their way."""
    of_chain = Intent.chain_id == chain_id
    queued = select(func.count()).select_from(Intent).where(of_chain, Intent.status == IntentStatus.QUEUED.value)
    in_flight = select(func.count()).select_from(Intent).where(of_chain, Intent.status.in_(sorted(IN_FLIGHT)))
    return (await session.scalar(queued)) or 0, (await session.scalar(in_flight)) or 0
