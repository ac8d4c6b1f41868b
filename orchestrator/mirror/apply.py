"""Writing what logs make: all of it at once, or log by log when the database refuses some of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.blocks import ChainLog
from orchestrator.db.copy import copy_rows, copy_values
from orchestrator.db.ids import time_ordered_ids
from orchestrator.db.models import Log, Model, OutboxEvent
from orchestrator.db.models.registry import table_of
from orchestrator.delivery.positions import newest_position
from orchestrator.mirror.batch import ProjectedLog
from orchestrator.mirror.stored_logs import COLUMNS, log_values

_REFUSED = (psycopg.DataError, psycopg.IntegrityError)


async def store_logs(connection: AsyncConnection, chain_id: int, logs: Iterable[ChainLog]) -> None:
    """Keep canonical logs as they are."""
    await copy_values(connection, table_of(Log), COLUMNS, (log_values(chain_id, log) for log in logs))


async def apply_logs(
    connection: AsyncConnection, chain_id: int, projected: Sequence[ProjectedLog]
) -> list[ProjectedLog]:
    """Write the rows and outbox events of logs. Returns those with a fault, their own or the database's.

    The caller's transaction holds the lock on the chain's cursor.
    """
    sound = [item for item in projected if item.fault is None]
    faulty = [item for item in projected if item.fault is not None]
    try:
        async with connection.begin_nested():
            await _write(connection, chain_id, sound)
    except _REFUSED:
        for item in sound:
            fault = await _write_alone(connection, chain_id, item)
            if fault is not None:
                faulty.append(ProjectedLog(item.log, fault=fault))
    return faulty


async def _write_alone(connection: AsyncConnection, chain_id: int, item: ProjectedLog) -> str | None:
    """Write what one log makes; the reason when the database refuses it."""
    try:
        async with connection.begin_nested():
            await _write(connection, chain_id, [item])
    except _REFUSED as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


async def _write(connection: AsyncConnection, chain_id: int, items: Iterable[ProjectedLog]) -> None:
    by_model: dict[type[Model], list[dict[str, object]]] = {}
    told: list[Mapping[str, object]] = []
    for item in items:
        for row in item.rows:
            by_model.setdefault(row.model, []).append(row.values)
        if item.told is not None:
            told.append(item.told)
    for model, rows in by_model.items():
        await copy_rows(connection, table_of(model), rows)
    if told:
        reached = (await connection.execute(newest_position(chain_id))).scalar_one()
        numbered = zip(time_ordered_ids(len(told)), count(reached + 1), told, strict=False)
        events = [{"id": event_id, "position": position, **event} for event_id, position, event in numbered]
        await copy_rows(connection, table_of(OutboxEvent), events)
