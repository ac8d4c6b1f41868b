"""Makes, changes and asks for webhooks. Sending is the workers' matter."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.principal import Principal
from api.parts import Parts
from api.problems import Problem
from api.webhooks.problems import TOO_MANY_WEBHOOKS, UNKNOWN_EVENT, UNKNOWN_WEBHOOK, WEBHOOKS_OFF
from api.webhooks.repository import WebhookRepository
from api.webhooks.schemas import Delivery, NewWebhook, Webhook, WebhookChanges, WebhookWithSecret
from api.webhooks.urls import check_url
from api.wire import Instant
from orchestrator.db.models import WebhookDelivery, WebhookEndpoint
from orchestrator.delivery.signing import WebhookSecrets

OVERLAP: Final = timedelta(hours=24)
"""How long messages carry the signature of the secret before, too."""

MOST: Final = 20
_ENABLED: Final = "enabled"


class WebhookDesk:
    """The webhooks of one principal, within the caller's transaction."""

    def __init__(self, session: AsyncSession, principal: Principal, parts: Parts) -> None:
        self._session = session
        self._parts = parts
        self._principal = principal
        self.repository = WebhookRepository(session, principal, parts.chain_id)

    async def create(self, wanted: NewWebhook) -> WebhookWithSecret:
        """Raises Problem for a URL that is of no use, or one webhook too many."""
        self._secrets()
        check_url(wanted.url, self._parts.webhooks)
        if await self.repository.count() >= MOST:
            raise Problem(TOO_MANY_WEBHOOKS, f"this account has {MOST} webhooks")
        after = await self.repository.newest_position() if wanted.after is None else wanted.after
        endpoint = await self.repository.add(
            WebhookEndpoint(
                id=uuid.uuid4(),
                account_id=self._principal.account_id,
                chain_id=self._parts.chain_id,
                url=wanted.url,
                kinds=list(wanted.kinds),
                vault=None if wanted.line_id is None else self._parts.book.vault,
                line_id=wanted.line_id,
                position=after,
            )
        )
        return self._with_secret(endpoint)

    async def change(self, webhook_id: uuid.UUID, changes: WebhookChanges) -> Webhook:
        endpoint = await self.find(webhook_id, lock=True)
        if changes.url is not None:
            check_url(changes.url, self._parts.webhooks)
            endpoint.url = changes.url
        if changes.kinds is not None:
            endpoint.kinds = list(changes.kinds)
        if changes.status is not None:
            endpoint.status, endpoint.why_dead = changes.status, None
        if changes.status == _ENABLED:
            self._try_at_once(endpoint)
        await self._session.flush()
        return webhook_of(endpoint)

    async def rotate(self, webhook_id: uuid.UUID) -> WebhookWithSecret:
        """A new secret; messages carry both signatures for a while."""
        self._secrets()
        endpoint = await self.find(webhook_id, lock=True)
        endpoint.secret_version += 1
        endpoint.previous_until = datetime.now(UTC) + OVERLAP
        await self._session.flush()
        return self._with_secret(endpoint)

    async def replay(self, webhook_id: uuid.UUID, after: int) -> Webhook:
        endpoint = await self.find(webhook_id, lock=True)
        endpoint.position = after
        self._try_at_once(endpoint)
        await self._session.flush()
        return webhook_of(endpoint)

    async def test(self, webhook_id: uuid.UUID) -> Delivery:
        return await self._want(await self.find(webhook_id), uuid.uuid4(), None)

    async def redeliver(self, webhook_id: uuid.UUID, event_id: uuid.UUID) -> Delivery:
        endpoint = await self.find(webhook_id)
        event = await self.repository.event(event_id)
        if event is None:
            raise Problem(UNKNOWN_EVENT, f"there is no event {event_id}")
        return await self._want(endpoint, event.id, event.position)

    async def find(self, webhook_id: uuid.UUID, *, lock: bool = False) -> WebhookEndpoint:
        """Raises Problem when this account has no such webhook."""
        endpoint = await self.repository.find(webhook_id, lock=lock)
        if endpoint is None:
            raise Problem(UNKNOWN_WEBHOOK, f"you have no webhook {webhook_id}")
        return endpoint

    async def _want(self, endpoint: WebhookEndpoint, message_id: uuid.UUID, position: int | None) -> Delivery:
        row = WebhookDelivery(endpoint_id=endpoint.id, message_id=message_id, position=position)
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return delivery_of(row)

    def _with_secret(self, endpoint: WebhookEndpoint) -> WebhookWithSecret:
        secret = self._secrets().secret(endpoint.id, endpoint.secret_version)
        return WebhookWithSecret(**dict(webhook_of(endpoint)), secret=secret)

    def _secrets(self) -> WebhookSecrets:
        secrets = self._parts.webhooks.secrets
        if secrets is None:
            raise Problem(WEBHOOKS_OFF, "no key for webhooks is configured")
        return secrets

    def _try_at_once(self, endpoint: WebhookEndpoint) -> None:
        endpoint.failures, endpoint.failing_since, endpoint.next_attempt_at = 0, None, datetime.now(UTC)


def webhook_of(endpoint: WebhookEndpoint) -> Webhook:
    return Webhook(
        id=endpoint.id,
        url=endpoint.url,
        kinds=list(endpoint.kinds),
        line_id=endpoint.line_id,
        status=endpoint.status,
        why_dead=endpoint.why_dead,
        position=endpoint.position,
        failures=endpoint.failures,
        failing_since=Instant.of_optional_clock(endpoint.failing_since),
        next_attempt_at=Instant.of_clock(endpoint.next_attempt_at),
        previous_secret_until=Instant.of_optional_clock(endpoint.previous_until),
        created_at=Instant.of_clock(endpoint.created_at),
    )


def delivery_of(row: WebhookDelivery) -> Delivery:
    return Delivery(
        number=row.number,
        message_id=row.message_id,
        position=row.position,
        requested_at=Instant.of_clock(row.requested_at),
        attempted_at=Instant.of_optional_clock(row.attempted_at),
        status_code=row.status_code,
        error=row.error,
        duration_ms=row.duration_ms,
    )
