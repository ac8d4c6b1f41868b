"""Queries on webhooks; each account has its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.principal import Principal
from orchestrator.db.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from orchestrator.delivery.positions import newest_position


class WebhookRepository:
    def __init__(self, session: AsyncSession, principal: Principal, chain_id: int) -> None:
        self._session = session
        self._principal = principal
        self._chain_id = chain_id

    async def all(self) -> Sequence[WebhookEndpoint]:
        """The oldest first."""
        query = select(WebhookEndpoint).where(*self._own())
        return (await self._session.scalars(query.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id))).all()

    async def count(self) -> int:
        return await self._session.scalar(select(func.count()).select_from(WebhookEndpoint).where(*self._own())) or 0

    async def find(self, webhook_id: uuid.UUID, *, lock: bool = False) -> WebhookEndpoint | None:
        """With ``lock`` nobody sends to it until the transaction ends; waits for whoever sends now."""
        query = select(WebhookEndpoint).where(*self._own(), WebhookEndpoint.id == webhook_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def add(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        self._session.add(endpoint)
        await self._session.flush()
        await self._session.refresh(endpoint)
        return endpoint

    async def remove(self, endpoint: WebhookEndpoint) -> None:
        await self._session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint.id))

    async def event(self, event_id: uuid.UUID) -> OutboxEvent | None:
        query = select(OutboxEvent).where(OutboxEvent.id == event_id, OutboxEvent.chain_id == self._chain_id)
        return await self._session.scalar(query)

    async def newest_position(self) -> int:
        return (await self._session.execute(newest_position(self._chain_id))).scalar_one()

    async def deliveries(self, endpoint: WebhookEndpoint, before: int | None, limit: int) -> Sequence[WebhookDelivery]:
        """The newest first; ``before`` is the number of the last one seen."""
        query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
        if before is not None:
            query = query.where(WebhookDelivery.number < before)
        return (await self._session.scalars(query.order_by(WebhookDelivery.number.desc()).limit(limit))).all()

    def _own(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return WebhookEndpoint.account_id == self._principal.account_id, WebhookEndpoint.chain_id == self._chain_id
