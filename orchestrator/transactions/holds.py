"""Holds: what keeps the sender from signing anything new, whoever placed them. Rows that every process sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Hold as HoldRow
from orchestrator.db.models import Lane


class Cause(StrEnum):
    """Column ``holds.cause``. All but the first are placed by the circuit breaker."""

    OPERATOR = "operator"
    PRICE_JUMP = "price_jump"
    FAILURES = "failures"
    RECONCILIATION = "reconciliation"
    FINALIZED_MISMATCH = "finalized_mismatch"


@dataclass(frozen=True, slots=True)
class Hold:
    """``reason`` is for people."""

    cause: Cause
    reason: str
    placed_at: datetime


async def standing_holds(session: AsyncSession, chain_id: int) -> Sequence[Hold]:
    """The oldest first."""
    rows = await session.execute(
        select(HoldRow.cause, HoldRow.reason, HoldRow.placed_at)
        .where(HoldRow.chain_id == chain_id, HoldRow.lifted_at.is_(None))
        .order_by(HoldRow.placed_at, HoldRow.cause)
    )
    return [Hold(Cause(row.cause), row.reason, row.placed_at) for row in rows]


async def place_hold(session: AsyncSession, chain_id: int, cause: Cause, reason: str) -> bool:
    """False when one of that cause stands already: the first reason stays."""
    placed = await session.execute(
        insert(HoldRow)
        .values(chain_id=chain_id, cause=cause.value, reason=reason)
        .on_conflict_do_nothing(index_elements=["chain_id", "cause"], index_where=text("lifted_at IS NULL"))
        .returning(HoldRow.id)
    )
    return placed.first() is not None


async def lift_holds(session: AsyncSession, chain_id: int) -> int:
    """Lifts all that stand; how many there were."""
    lifted = await session.execute(
        update(HoldRow)
        .where(HoldRow.chain_id == chain_id, HoldRow.lifted_at.is_(None))
        .values(lifted_at=func.clock_timestamp())
        .returning(HoldRow.id)
    )
    return len(lifted.all())


async def last_lifted(session: AsyncSession, chain_id: int) -> datetime | None:
    """When a person last said that all is well: what was known before trips the breaker no more."""
    statement = select(func.max(HoldRow.lifted_at)).where(HoldRow.chain_id == chain_id)
    return (await session.execute(statement)).scalar_one()


async def wait_for_signing(session: AsyncSession, chain_id: int) -> None:
    """Waits for transactions that sign right now: once a hold that is placed after this commits, nothing is signed."""
    await session.execute(select(Lane.signer).where(Lane.chain_id == chain_id).with_for_update())
