"""Sends events to endpoints: each endpoint its own, in order, until it has taken them.

One transaction for each message holds the endpoint's row, sends, and writes down what came of it. Any number of workers
may run this: who finds a row locked goes on to the next. A message whose transaction was lost is sent again, with the
same id. A failure stops the endpoint's queue, which tries again later and later, and gives up after days. What its
owner asks for (a test, one event again) does not wait for that.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from orchestrator.alerts import Alerts, Severity
from orchestrator.db.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from orchestrator.delivery.messages import body_of, body_of_test
from orchestrator.delivery.positions import newest_position
from orchestrator.delivery.posting import Answer, Poster
from orchestrator.delivery.signing import WebhookSecrets

log = logging.getLogger(__name__)

_ALERT: Final = "webhook:"
_PAUSE_IS_OVER: Final = WebhookEndpoint.next_attempt_at <= func.clock_timestamp()
_HAS_WANTED: Final = exists().where(
    WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.attempted_at.is_(None)
)
_DUE: Final = (WebhookEndpoint.status == "enabled", or_(_PAUSE_IS_OVER, _HAS_WANTED))


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How long to go on.

    Attributes:
        first_pause: after the first failure; doubled with each further one.
        longest_pause: and never more than this.
        give_up_after: of failures without a success between them; then the endpoint is dead.
        budget_s: how long one round may take for one endpoint, so that no backlog holds up other work.
    """

    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(days=3)
    budget_s: float = 4.0

    def pause(self, failures: int) -> timedelta:
        return min(self.longest_pause, self.first_pause * (1 << min(failures - 1, 20)))


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers what is due."""

    engine: AsyncEngine
    secrets: WebhookSecrets
    poster: Poster
    alerts: Alerts
    policy: DeliveryPolicy = DeliveryPolicy()

    async def round(self) -> int:
        """One round over all endpoints that are due, side by side; returns how many messages were sent."""
        await self._forget_the_living()
        async with AsyncSession(self.engine) as session:
            endpoint_ids = (await session.scalars(select(WebhookEndpoint.id).where(*_DUE))).all()
        return sum(await asyncio.gather(*(self._drain(endpoint_id) for endpoint_id in endpoint_ids)))

    async def _forget_the_living(self) -> None:
        """Resolves the alerts of endpoints that their owners enabled again, or deleted."""
        keys = await self.alerts.open_keys(_ALERT)
        if not keys:
            return
        async with AsyncSession(self.engine) as session:
            dead = await session.scalars(select(WebhookEndpoint.id).where(WebhookEndpoint.status == "dead"))
            lasting = {f"{_ALERT}{endpoint_id}" for endpoint_id in dead}
        for key in keys - lasting:
            await self.alerts.resolve(key)

    async def _drain(self, endpoint_id: uuid.UUID) -> int:
        sent, until = 0, time.monotonic() + self.policy.budget_s
        while time.monotonic() < until and await self._send_next(endpoint_id):
            sent += 1
        return sent

    async def _send_next(self, endpoint_id: uuid.UUID) -> bool:
        """Whether there was something to send and it was taken: then there may be more."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            found = await session.execute(
                select(WebhookEndpoint, _PAUSE_IS_OVER)
                .where(WebhookEndpoint.id == endpoint_id, *_DUE)
                .with_for_update(skip_locked=True)
            )
            row = found.one_or_none()
            if row is None:
                return False
            endpoint, pause_is_over = row
            wanted = await _next_wanted(session, endpoint)
            if wanted is not None:
                return await self._send_wanted(session, endpoint, wanted)
            event = await _next_event(session, endpoint) if pause_is_over else None
            if event is None:
                return False
            answer = await self._post(endpoint, event.id, body_of(event))
            session.add(_delivery(endpoint, event.id, event.position, answer))
            if answer.taken:
                endpoint.position = event.position
                endpoint.failures, endpoint.failing_since = 0, None
                return True
            self._note_failure(endpoint, answer)
        if endpoint.status == "dead":
            await self._tell(endpoint)
        return False

    async def _send_wanted(self, session: AsyncSession, endpoint: WebhookEndpoint, wanted: WebhookDelivery) -> bool:
        """What its owner asked for is tried once, whatever comes of it, and stops nothing."""
        if wanted.position is None:
            body = body_of_test(wanted.message_id, wanted.requested_at)
        else:
            body = body_of(await session.get_one(OutboxEvent, wanted.message_id))
        answer = await self._post(endpoint, wanted.message_id, body)
        wanted.attempted_at = datetime.now(UTC)
        wanted.status_code, wanted.error, wanted.duration_ms = answer.status_code, answer.error, answer.duration_ms
        return True

    async def _post(self, endpoint: WebhookEndpoint, message_id: uuid.UUID, body: bytes) -> Answer:
        timestamp = int(time.time())
        signature = self.secrets.sign(endpoint.id, versions_of(endpoint), message_id, timestamp, body)
        headers = {
            "content-type": "application/json",
            "user-agent": "Covenant-Webhooks/1",
            "webhook-id": str(message_id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature,
        }
        return await self.poster.post(endpoint.url, headers, body)

    def _note_failure(self, endpoint: WebhookEndpoint, answer: Answer) -> None:
        now = datetime.now(UTC)
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.next_attempt_at = now + self.policy.pause(endpoint.failures)
        if answer.gone or now - endpoint.failing_since >= self.policy.give_up_after:
            endpoint.status = "dead"
            endpoint.why_dead = f"{answer.error}, after {endpoint.failures} attempts"
        log.info("a webhook was not taken", extra={"endpoint": str(endpoint.id), "error": answer.error})

    async def _tell(self, endpoint: WebhookEndpoint) -> None:
        await self.alerts.raise_(
            f"{_ALERT}{endpoint.id}",
            Severity.WARNING,
            f"webhook {endpoint.id} is given up at event {endpoint.position}: {endpoint.why_dead}",
            "its owner can correct the URL and enable it again: it goes on where it stopped",
            {"endpoint_id": str(endpoint.id), "position": endpoint.position},
        )


def versions_of(endpoint: WebhookEndpoint) -> list[int]:
    """The secrets that count now, the newest first."""
    current = endpoint.secret_version
    overlaps = endpoint.previous_until is not None and endpoint.previous_until > datetime.now(UTC)
    return [current, current - 1] if overlaps else [current]


async def _next_wanted(session: AsyncSession, endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    query = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.attempted_at.is_(None)
    )
    return await session.scalar(query.order_by(WebhookDelivery.number).limit(1))


async def _next_event(session: AsyncSession, endpoint: WebhookEndpoint) -> OutboxEvent | None:
    """The first after its position that it wants. What it does not want is passed over for good."""
    newest = (await session.execute(newest_position(endpoint.chain_id))).scalar_one()
    query = select(OutboxEvent).where(*_wanted_by(endpoint), OutboxEvent.position > endpoint.position)
    event = await session.scalar(query.order_by(OutboxEvent.position).limit(1))
    if event is None and newest > endpoint.position:
        await session.execute(update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint.id).values(position=newest))
    return event


def _wanted_by(endpoint: WebhookEndpoint) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [OutboxEvent.chain_id == endpoint.chain_id]
    if endpoint.kinds:
        reverted = [f"{kind}.reverted" for kind in endpoint.kinds]
        conditions.append(or_(OutboxEvent.kind.in_(endpoint.kinds), OutboxEvent.kind.in_(reverted)))
    if endpoint.line_id is not None:
        conditions += [OutboxEvent.vault == endpoint.vault, OutboxEvent.line_id == endpoint.line_id]
    return conditions


def _delivery(
    endpoint: WebhookEndpoint, message_id: uuid.UUID, position: int | None, answer: Answer
) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint_id=endpoint.id,
        message_id=message_id,
        position=position,
        attempted_at=datetime.now(UTC),
        status_code=answer.status_code,
        error=answer.error,
        duration_ms=answer.duration_ms,
    )
