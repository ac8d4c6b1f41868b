"""What a signer may spend on gas in a period. A stolen or broken service burns no more of its key's money than that.

Periods follow one another from the epoch by the database's clock, so that every process agrees on them. What is signed
counts with the most that it can cost until it is mined, and then with what it did cost: the budget is never exceeded by
what is new. A replacement is always allowed, and counts as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orchestrator.db.models import Attempt, Intent


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """``gas_wei`` in each period of ``period_s``."""

    gas_wei: int
    period_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Budget:
    """A signer's budget in the present period, which ends at ``refills_at``."""

    gas_wei: int
    spent_wei: int
    refills_at: datetime

    @property
    def left_wei(self) -> int:
        return max(0, self.gas_wei - self.spent_wei)


async def budget_of(session: AsyncSession, chain_id: int, signer: str, policy: BudgetPolicy) -> Budget:
    """What is spent and left now. Exact under the lock of the signer's lane."""
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    began_at, refills_at = period_at(now, policy.period_s)
    first = aliased(Attempt)
    dearest = select(func.max(Attempt.max_fee_per_gas_wei)).where(Attempt.intent_id == Intent.id).scalar_subquery()
    cost_wei = func.coalesce(Intent.cost_wei, Intent.gas_limit * dearest)
    spent = (
        select(func.sum(cost_wei))
        .select_from(Intent)
        .join(first, (first.intent_id == Intent.id) & (first.number == 1))
        .where(Intent.chain_id == chain_id, Intent.signer == signer, first.signed_at >= began_at)
    )
    found: Decimal | None = await session.scalar(spent)
    return Budget(policy.gas_wei, int(found or 0), refills_at)


def period_at(now: datetime, period_s: int) -> tuple[datetime, datetime]:
    """When the period of ``now`` began and when it ends. Pure."""
    began_s = int(now.timestamp()) // period_s * period_s
    began_at = datetime.fromtimestamp(began_s, UTC)
    return began_at, began_at + timedelta(seconds=period_s)
