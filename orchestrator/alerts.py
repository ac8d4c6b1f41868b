"""Alerts: what a person should know, as a log line, a row and a metric.

An alert's ``key`` names a condition, ``<kind>:<what>``: while it lasts there is one open row, which counts how often
it was seen; once it is resolved, the same key opens a new row.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from orchestrator.db.models import Alert
from orchestrator.metrics import Metrics

log = logging.getLogger(__name__)


class Severity(StrEnum):
    """``critical``: money can't move as it should. ``warning``: it soon may not. ``info``: worth knowing."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


_LEVELS = {Severity.INFO: logging.INFO, Severity.WARNING: logging.WARNING, Severity.CRITICAL: logging.ERROR}


class Alerts:
    """The alert port. Works in transactions of its own, so an alert outlives the failure that it tells of.

    A database that can't be reached never stops the caller: the log line and the metric are there all the same.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], metrics: Metrics) -> None:
        self._sessions = sessions
        self._metrics = metrics

    async def raise_(
        self, key: str, severity: Severity, message: str, hint: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Opens an alert, or counts one more sight of it. ``details`` is JSON, integers beyond 2^53 as strings."""
        kind = key.partition(":")[0]
        self._metrics.alerts_raised.labels(kind=kind, severity=severity.value).inc()
        fields = {"alert": key, "severity": severity.value, "hint": hint, "details": dict(details or {})}
        try:
            async with self._sessions.begin() as session:
                count = (await session.execute(_upsert(key, severity, message, hint, dict(details or {})))).scalar_one()
        except (SQLAlchemyError, OSError) as error:
            log.error("alert without a row (%s): %s", type(error).__name__, message, extra=fields)
            return
        if count == 1:
            log.log(_LEVELS[severity], "alert: %s", message, extra=fields)
        else:
            log.debug("alert, seen %d times: %s", count, message, extra=fields)

    async def resolve(self, key: str) -> bool:
        """Closes the open alert of a condition that is over; False when there was none."""
        closing = (
            update(Alert)
            .where(Alert.key == key, Alert.resolved_at.is_(None))
            .values(resolved_at=func.clock_timestamp())
            .returning(Alert.message)
        )
        async with self._sessions.begin() as session:
            message = (await session.execute(closing)).scalar_one_or_none()
        if message is not None:
            log.info("resolved: %s", message, extra={"alert": key})
        return message is not None

    async def open_keys(self, prefix: str) -> frozenset[str]:
        """Keys of the open alerts that start with ``prefix``."""
        query = select(Alert.key).where(Alert.key.startswith(prefix, autoescape=True), Alert.resolved_at.is_(None))
        async with self._sessions() as session:
            return frozenset((await session.scalars(query)).all())


class Conditions:
    """Alerts of a process that looks again and again.

    Each is raised once when its condition begins and resolved when it ends, also when it began in an earlier run.
    """

    def __init__(self, alerts: Alerts, prefixes: Sequence[str]) -> None:
        self._alerts = alerts
        self._prefixes = tuple(prefixes)
        self._open: set[str] | None = None

    async def holds(
        self, key: str, severity: Severity, message: str, hint: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """The condition is there."""
        if key not in await self._known():
            await self._alerts.raise_(key, severity, message, hint, details)
            (await self._known()).add(key)

    async def over(self, key: str) -> None:
        """The condition is not there."""
        if key in await self._known():
            await self._alerts.resolve(key)
            (await self._known()).discard(key)

    async def lasting(self, prefix: str) -> frozenset[str]:
        """Keys of the conditions that are there and start with ``prefix``, which is among ours."""
        return frozenset(key for key in await self._known() if key.startswith(prefix))

    async def over_except(self, lasting: Collection[str]) -> None:
        """Of all the conditions that were there, only those in ``lasting`` still are."""
        for key in await self._known() - set(lasting):
            await self.over(key)

    async def _known(self) -> set[str]:
        if self._open is None:
            keys = [await self._alerts.open_keys(prefix) for prefix in self._prefixes]
            self._open = set().union(*keys)
        return self._open


def _upsert(key: str, severity: Severity, message: str, hint: str, details: dict[str, Any]) -> Any:
    now = func.clock_timestamp()
    opening = insert(Alert).values(
        id=uuid.uuid4(),
        key=key,
        severity=severity.value,
        message=message,
        hint=hint,
        details=details,
        count=1,
        raised_at=now,
        last_seen_at=now,
    )
    return opening.on_conflict_do_update(
        index_elements=[Alert.key],
        index_where=text("resolved_at IS NULL"),
        set_={
            "count": Alert.count + 1,
            "last_seen_at": now,
            "severity": opening.excluded.severity,
            "message": opening.excluded.message,
            "hint": opening.excluded.hint,
            "details": opening.excluded.details,
        },
    ).returning(Alert.count)
