"""Triggers as rows: at most one live one for each key, and a new generation only after the last failed for good."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, ColumnElement, Label, Uuid, case, cast, column, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Trigger
from orchestrator.db.models.registry import table_of
from orchestrator.triggers.states import LIVE, Action, TriggerStatus


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a firing that failed is tried again. The wall clock counts: chain time may stand still or jump.

    It is never given up for good, since what stood against it may end (an operator that the borrower has yet to grant);
    but it soon becomes rare, and a person is told.

    Attributes:
        first_pause_s: after the first failure; each further one doubles it.
        longest_pause_s: the bound of that.
        alert_after: so many failures of one occurrence.
    """

    first_pause_s: float = 2.0
    longest_pause_s: float = 3_600.0
    alert_after: int = 5

    def pause(self, failures: int) -> timedelta:
        """How long to wait after so many failures; what was merely no longer wanted counts as none."""
        doublings = min(max(0, failures - 1), 60)
        return timedelta(seconds=min(self.longest_pause_s, self.first_pause_s * 2.0**doublings))


@dataclass(frozen=True, slots=True)
class Key:
    """What must happen once. ``occurrence`` is the mandate's count of firings on-chain."""

    line_id: int
    mandate_hash: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest trigger of a key, and how many of its triggers failed."""

    generation: int
    status: TriggerStatus
    finished_at: datetime | None
    failures: int
    error: str | None


def next_generation(newest: Standing | None, policy: RetryPolicy, now: datetime) -> int | None:
    """The generation of the trigger to store for a key whose firing is called for; None: not now. Pure.

    ``now`` is the wall clock.
    """
    if newest is None:
        return 0
    if newest.status in LIVE or newest.status is TriggerStatus.DONE or newest.finished_at is None:
        return None
    waited = now - newest.finished_at >= policy.pause(newest.failures)
    return newest.generation + 1 if waited else None


def failures_of_key() -> ColumnElement[int]:
    """How many triggers of a key failed, up to and with this one."""
    failed = case((Trigger.status == TriggerStatus.FAILED.value, 1), else_=0)
    return Trigger.failures + failed


def pauses_until(policy: RetryPolicy) -> Label[datetime | None]:
    """``RetryPolicy.pause`` in SQL: until when a trigger that ended keeps the next one of its key waiting."""
    doublings = func.least(60, func.greatest(0, failures_of_key() - 1))
    pause_s = func.least(policy.longest_pause_s, policy.first_pause_s * func.power(2.0, doublings))
    return (Trigger.finished_at + pause_s * text("interval '1 second'")).label("pauses_until")


async def standing_of(
    session: AsyncSession, chain_id: int, vault: str, keys: Collection[Key]
) -> tuple[Mapping[Key, Standing], datetime]:
    """The newest trigger of each key that has one, and the database's clock."""
    of_key = (Trigger.line_id, Trigger.mandate_hash, Trigger.occurrence)
    newest = (
        select(
            *of_key,
            Trigger.generation,
            Trigger.status,
            Trigger.finished_at,
            failures_of_key().label("failed"),
            Trigger.error,
        )
        .where(
            Trigger.chain_id == chain_id,
            Trigger.vault == vault,
            Trigger.action == Action.REPAY.value,
            tuple_(*of_key).in_([(key.line_id, key.mandate_hash, key.occurrence) for key in keys]),
        )
        .ext(distinct_on(*of_key))
        .order_by(*of_key, Trigger.generation.desc())
    )
    found = {
        Key(row.line_id, row.mandate_hash, row.occurrence): Standing(
            row.generation, TriggerStatus(row.status), row.finished_at, row.failed, row.error
        )
        for row in await session.execute(newest)
    }
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return found, now


async def insert_new(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> Collection[uuid.UUID]:
    """Stores triggers and says which of them are new: only those are sent (pitfall 34)."""
    if not rows:
        return ()
    triggers = table_of(Trigger)
    statement = insert(triggers).on_conflict_do_nothing().returning(triggers.c.id)
    return set((await session.execute(statement, rows)).scalars())


async def assign(session: AsyncSession, intents: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Which intent carries which trigger, by the trigger's id."""
    if not intents:
        return
    ids = cast(list(intents), ARRAY(Uuid)), cast(list(intents.values()), ARRAY(Uuid))
    columns = column("trigger_id", Uuid), column("intent_id", Uuid)
    pairs = func.unnest(*ids).table_valued(*columns, name="pairs").render_derived()
    await session.execute(
        update(Trigger)
        .where(Trigger.id == pairs.c.trigger_id)
        .values(intent_id=pairs.c.intent_id)
        .execution_options(synchronize_session=False)
    )
