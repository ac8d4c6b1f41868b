"""States of lines that the chain itself leaves out: an alert that lasts until they follow one another again."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.mirror.newest_lines import sequence_gaps
from orchestrator.mirror.projections.rows import BIGINT_MAX

FIRST_BLOCK: Final = 0


def gap_alert(chain_id: int) -> str:
    """The key of the alert that lasts while a line has a hole among its states."""
    return f"mirror_gap:{chain_id}"


async def resolve_closed_gap(engine: AsyncEngine, alerts: Alerts, chain_id: int) -> None:
    """Take the alert back if no line of the chain has a hole any more. Looks through all states while it is open."""
    key = gap_alert(chain_id)
    if key not in await alerts.open_keys(key):
        return
    async with engine.connect() as connection:
        gaps = await sequence_gaps(connection, chain_id, FIRST_BLOCK, BIGINT_MAX)
    if not gaps:
        await alerts.resolve(key)
