"""Triggers as rows: at most one live one for each key, and a new generation only after the last failed for good."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, case, func, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import LateralFromClause

from orchestrator.db.arrays import table_of_columns
from orchestrator.db.models import Trigger
from orchestrator.db.models.registry import table_of
from orchestrator.db.staging import insert_new_rows
from orchestrator.triggers.states import LIVE, Action, TriggerStatus


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a firing that failed is tried again. The wall clock counts: chain time may stand still or jump.

    It is never given up for good, since what stood against it may end (an operator that the borrower has yet to grant);
    but it soon becomes rare, and a person is told.

    Attributes:
        first_pause_s: after the first failure; each further one doubles it.
        longest_pause_s: the bound of that.
        skipped_pause_s: after a firing that its fee would not have paid for. Each look stores a trigger, and what gas
            costs and a fee is worth does not change from one block to the next.
        alert_after: so many failures of one occurrence.
    """

    first_pause_s: float = 2.0
    longest_pause_s: float = 3_600.0
    skipped_pause_s: float = 60.0
    alert_after: int = 5

    def pause(self, status: TriggerStatus, failures: int) -> timedelta:
        """How long to wait after one that ended so, and so many failures; what was no longer wanted counts as none."""
        if status is TriggerStatus.SKIPPED:
            return timedelta(seconds=self.skipped_pause_s)
        doublings = min(max(0, failures - 1), 60)
        return timedelta(seconds=min(self.longest_pause_s, self.first_pause_s * 2.0**doublings))


@dataclass(frozen=True, slots=True)
class Key:
    """What must happen once. ``occurrence``: the mandate's count of firings on-chain, or the line's of its actions."""

    line_id: int
    mandate_hash: str
    occurrence: int
    action: Action = Action.REPAY


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest trigger of a key, and how many of its triggers failed."""

    generation: int
    status: TriggerStatus
    finished_at: datetime | None
    failures: int
    error: str | None
    retry_requested: bool = False


def next_generation(newest: Standing | None, policy: RetryPolicy, now: datetime) -> int | None:
    """The generation of the trigger to store for a key whose firing is called for; None: not now. Pure.

    ``now`` is the wall clock.
    """
    if newest is None:
        return 0
    if newest.status in LIVE or newest.status is TriggerStatus.DONE or newest.finished_at is None:
        return None
    if newest.retry_requested:
        return newest.generation + 1
    if newest.status is TriggerStatus.CANCELLED:
        return None
    waited = now - newest.finished_at >= policy.pause(newest.status, newest.failures)
    return newest.generation + 1 if waited else None


def failures_of_key() -> ColumnElement[int]:
    """How many triggers of a key failed, up to and with this one."""
    failed = case((Trigger.status == TriggerStatus.FAILED.value, 1), else_=0)
    return Trigger.failures + failed


def pauses_until(policy: RetryPolicy) -> Label[datetime | None]:
    """``RetryPolicy.pause`` in SQL: until when a trigger that ended keeps the next one of its key waiting."""
    doublings = func.least(60, func.greatest(0, failures_of_key() - 1))
    after_failures_s = func.least(policy.longest_pause_s, policy.first_pause_s * func.power(2.0, doublings))
    skipped = Trigger.status == TriggerStatus.SKIPPED.value
    pause_s = case((skipped, policy.skipped_pause_s), else_=after_failures_s)
    return (Trigger.finished_at + pause_s * text("interval '1 second'")).label("pauses_until")


def newest_of(
    keys: FromClause, chain_id: int, vault: str, *columns: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> LateralFromClause:
    """``columns`` of the newest trigger of each key, to be joined with ``keys``, which has the columns of `Key`."""
    return (
        select(*columns)
        .where(
            Trigger.chain_id == chain_id,
            Trigger.vault == vault,
            Trigger.line_id == keys.c.line_id,
            Trigger.action == keys.c.action,
            Trigger.mandate_hash == keys.c.mandate_hash,
            Trigger.occurrence == keys.c.occurrence,
        )
        .order_by(Trigger.generation.desc())
        .limit(1)
        .lateral("newest")
    )


async def standing_of(
    session: AsyncSession, chain_id: int, vault: str, keys: Collection[Key]
) -> tuple[Mapping[Key, Standing], datetime]:
    """The newest trigger of each key that has one, and the database's clock."""
    wanted = table_of_columns(
        "wanted",
        line_id=(Trigger.line_id, [key.line_id for key in keys]),
        mandate_hash=(Trigger.mandate_hash, [key.mandate_hash for key in keys]),
        occurrence=(Trigger.occurrence, [key.occurrence for key in keys]),
        action=(Trigger.action, [key.action.value for key in keys]),
    )
    newest = newest_of(
        wanted,
        chain_id,
        vault,
        Trigger.generation,
        Trigger.status,
        Trigger.finished_at,
        failures_of_key().label("failures"),
        Trigger.error,
        Trigger.retry_requested_at,
    )
    found = {
        Key(row.line_id, row.mandate_hash, row.occurrence, Action(row.action)): Standing(
            row.generation,
            TriggerStatus(row.status),
            row.finished_at,
            row.failures,
            row.error,
            row.retry_requested_at is not None,
        )
        for row in await session.execute(select(wanted, newest).join(newest, true()))
    }
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return found, now


async def insert_new(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> Collection[uuid.UUID]:
    """Stores triggers and says which of them are new: only those are sent (pitfall 34)."""
    return await insert_new_rows(session, table_of(Trigger), rows)


async def assign(session: AsyncSession, intents: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Which intent carries which trigger, by the trigger's id."""
    if not intents:
        return
    pairs = table_of_columns("pairs", trigger=(Trigger.id, intents), intent=(Trigger.id, intents.values()))
    await session.execute(
        update(Trigger)
        .where(Trigger.id == pairs.c.trigger)
        .values(intent_id=pairs.c.intent)
        .execution_options(synchronize_session=False)
    )
