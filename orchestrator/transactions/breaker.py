"""The circuit breaker: what the database says that should keep everybody from sending until a person has looked.

Each condition counts only facts that are newer than the last ``covenant resume``, so what a person has seen and let
pass does not trip it again. A frozen mirror does, for as long as it is frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Cursor, Intent, Reconciliation
from orchestrator.transactions.errors import ErrorKind
from orchestrator.transactions.holds import Cause, last_lifted, place_hold
from orchestrator.transactions.states import IntentStatus


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Attributes:
    most_failures: so many transactions may be refused or revert within the window.
    window_s: by the database's clock.
    """

    most_failures: int = 20
    window_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions are judged by."""

    frozen: str | None
    failures: int
    last_failure: str | None
    differences: int
    reconciled_block: int | None


async def trip(session: AsyncSession, chain_id: int, policy: BreakerPolicy) -> bool:
    """Places the holds that the facts call for; whether any is new. The caller commits."""
    facts = await _read(session, chain_id, policy)
    placed = [await place_hold(session, chain_id, cause, reason) for cause, reason in called_for(facts, policy)]
    return any(placed)


def called_for(facts: Facts, policy: BreakerPolicy) -> Iterator[tuple[Cause, str]]:
    """Causes and reasons of the holds that ought to stand. Pure."""
    if facts.frozen is not None:
        yield Cause.FINALIZED_MISMATCH, f"the mirror is frozen: {facts.frozen}"
    if facts.failures > policy.most_failures:
        words = f"{facts.failures} transactions failed within {policy.window_s:.0f} s, the last one: "
        yield Cause.FAILURES, words + (facts.last_failure or "no reason was given")
    if facts.differences:
        words = f"the mirror differed from the chain in {facts.differences} facts at block {facts.reconciled_block}"
        yield Cause.RECONCILIATION, words


async def _read(session: AsyncSession, chain_id: int, policy: BreakerPolicy) -> Facts:
    since = await last_lifted(session, chain_id)
    window = func.clock_timestamp() - timedelta(seconds=policy.window_s)
    failed = (
        Intent.chain_id == chain_id,
        Intent.status == IntentStatus.FAILED.value,
        Intent.error_kind.in_((ErrorKind.REVERT.value, ErrorKind.FATAL.value)),
        Intent.finished_at > (window if since is None else func.greatest(window, since)),
    )
    failures = await session.scalar(select(func.count()).select_from(Intent).where(*failed)) or 0
    last = select(Intent.error).where(*failed).order_by(Intent.finished_at.desc()).limit(1)
    compared = (
        select(Reconciliation.block_number, Reconciliation.finished_at, Reconciliation.differences)
        .where(Reconciliation.chain_id == chain_id)
        .order_by(Reconciliation.finished_at.desc())
        .limit(1)
    )
    newest = (await session.execute(compared)).one_or_none()
    counts = newest is not None and (since is None or newest.finished_at > since)
    return Facts(
        frozen=await session.scalar(select(Cursor.frozen).where(Cursor.chain_id == chain_id)),
        failures=failures,
        last_failure=await session.scalar(last) if failures > policy.most_failures else None,
        differences=len(newest.differences) if newest is not None and counts else 0,
        reconciled_block=newest.block_number if newest is not None else None,
    )
