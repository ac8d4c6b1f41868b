"""Queries on alerts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Alert


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Every given condition must hold."""

    open: bool | None = None
    severity: str | None = None


class AlertRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, wanted: AlertFilter, before: tuple[datetime, uuid.UUID] | None, limit: int) -> Sequence[Alert]:
        """The newest first; ``before`` is (raised_at, id) of the last row of the page before."""
        query = select(Alert)
        if wanted.open is not None:
            query = query.where(Alert.resolved_at.is_(None) if wanted.open else Alert.resolved_at.is_not(None))
        if wanted.severity is not None:
            query = query.where(Alert.severity == wanted.severity)
        if before is not None:
            query = query.where(tuple_(Alert.raised_at, Alert.id) < tuple_(*before))
        return (await self._session.scalars(query.order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(limit))).all()
