"""Counts that Prometheus asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Alert, Intent, Quarantine, Trigger

Counted = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by severity or status; those that could grow without anybody noticing."""

    open_alerts: Counted
    intents: Counted
    triggers: Counted
    quarantined_logs: int


async def count_all(session: AsyncSession, chain_id: int) -> Counts:
    alerts = await session.execute(
        select(Alert.severity, func.count()).where(Alert.resolved_at.is_(None)).group_by(Alert.severity)
    )
    intents = await session.execute(
        select(Intent.status, func.count()).where(Intent.chain_id == chain_id).group_by(Intent.status)
    )
    triggers = await session.execute(
        select(Trigger.status, func.count()).where(Trigger.chain_id == chain_id).group_by(Trigger.status)
    )
    quarantined = await session.scalar(
        select(func.count()).select_from(Quarantine).where(Quarantine.resolved_at.is_(None))
    )
    return Counts(
        open_alerts=[(severity, count) for severity, count in alerts],
        intents=[(status, count) for status, count in intents],
        triggers=[(status, count) for status, count in triggers],
        quarantined_logs=quarantined or 0,
    )
