"""Webhooks over HTTP. Everybody sees their own only: a webhook of another account does not exist."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import Answer, RepeatableDep
from api.identity.principal import CREDENTIAL_PROBLEMS, Principal, requires
from api.identity.scopes import Scope
from api.media_type import require_json
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_integers, encode_cursor
from api.parts import PartsDep
from api.problems import BODY_PROBLEMS, IDEMPOTENCY_KEY_REUSED, INVALID_REQUEST, MALFORMED_CURSOR, documented
from api.webhooks.problems import TOO_MANY_WEBHOOKS, UNKNOWN_EVENT, UNKNOWN_WEBHOOK, UNUSABLE_URL, WEBHOOKS_OFF
from api.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    NewWebhook,
    Redelivery,
    Replay,
    Webhook,
    WebhookChanges,
    Webhooks,
    WebhookWithSecret,
)
from api.webhooks.service import WebhookDesk, delivery_of, webhook_of

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Owner = Annotated[Principal, requires(Scope.WEBHOOKS_WRITE)]


async def desk(principal: Owner, parts: PartsDep) -> AsyncIterator[WebhookDesk]:
    """One transaction a request."""
    async with AsyncSession(parts.engine, expire_on_commit=False) as session, session.begin():
        yield WebhookDesk(session, principal, parts)


Desk = Annotated[WebhookDesk, Depends(desk, scope="function")]

_ONE = (UNKNOWN_WEBHOOK, INVALID_REQUEST, *CREDENTIAL_PROBLEMS)
_ONE_WITH_BODY = (UNKNOWN_WEBHOOK, *BODY_PROBLEMS, *CREDENTIAL_PROBLEMS)


@router.get("", summary="List your webhooks", response_model=Webhooks, responses=documented(*CREDENTIAL_PROBLEMS))
async def list_webhooks(principal: Owner, desk: Desk) -> Webhooks:
    """The oldest first, each with how far it has got."""
    return Webhooks(items=[webhook_of(endpoint) for endpoint in await desk.repository.all()])


@router.post(
    "",
    summary="Make a webhook",
    response_model=WebhookWithSecret,
    status_code=201,
    responses=documented(
        *BODY_PROBLEMS, UNUSABLE_URL, TOO_MANY_WEBHOOKS, IDEMPOTENCY_KEY_REUSED, WEBHOOKS_OFF, *CREDENTIAL_PROBLEMS
    ),
    dependencies=[Depends(require_json)],
)
async def create_webhook(principal: Owner, wanted: NewWebhook, parts: PartsDep, repeatable: RepeatableDep) -> Response:
    """From now on events are sent there, one after the other, signed by the rules of Standard Webhooks.

    A repeat with the same `Idempotency-Key` makes no second one and does not show the secret again: it is empty then.
    """

    async def make(session: AsyncSession) -> Answer:
        return _without_secret(201, await WebhookDesk(session, principal, parts).create(wanted))

    return await repeatable.once(parts.engine, principal.owner, make)


@router.get("/{webhook_id}", summary="Show a webhook", response_model=Webhook, responses=documented(*_ONE))
async def get_webhook(principal: Owner, webhook_id: uuid.UUID, desk: Desk) -> Webhook:
    """How far it has got, and whether it is in trouble."""
    return webhook_of(await desk.find(webhook_id))


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    response_model=Webhook,
    responses=documented(UNUSABLE_URL, *_ONE_WITH_BODY),
    dependencies=[Depends(require_json)],
)
async def change_webhook(principal: Owner, webhook_id: uuid.UUID, changes: WebhookChanges, desk: Desk) -> Webhook:
    """Another URL or other kinds, from the next event on. Paused, it keeps its place; enabled, it is tried at once."""
    return await desk.change(webhook_id, changes)


@router.delete("/{webhook_id}", summary="Delete a webhook", status_code=204, responses=documented(*_ONE))
async def delete_webhook(principal: Owner, webhook_id: uuid.UUID, desk: Desk) -> Response:
    """With its log of deliveries. What is being sent now may still arrive."""
    await desk.repository.remove(await desk.find(webhook_id, lock=True))
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/rotate",
    summary="Change the secret of a webhook",
    response_model=WebhookWithSecret,
    responses=documented(WEBHOOKS_OFF, IDEMPOTENCY_KEY_REUSED, *_ONE),
)
async def rotate_webhook_secret(
    principal: Owner, webhook_id: uuid.UUID, parts: PartsDep, repeatable: RepeatableDep
) -> Response:
    """Returns a new secret. For a day each message carries signatures of both, so that no moment is missed.

    A repeat with the same `Idempotency-Key` makes no further one and does not show the secret again: it is empty then.
    """

    async def rotate(session: AsyncSession) -> Answer:
        return _without_secret(200, await WebhookDesk(session, principal, parts).rotate(webhook_id))

    return await repeatable.once(parts.engine, principal.owner, rotate)


@router.post(
    "/{webhook_id}/test",
    summary="Send a test",
    response_model=Delivery,
    status_code=202,
    responses=documented(IDEMPOTENCY_KEY_REUSED, *_ONE),
)
async def send_test(principal: Owner, webhook_id: uuid.UUID, parts: PartsDep, repeatable: RepeatableDep) -> Response:
    """A message of kind `webhook.test` is sent once, ahead of the events. The log tells what came of it."""

    async def want(session: AsyncSession) -> Answer:
        return Answer(202, await WebhookDesk(session, principal, parts).test(webhook_id))

    return await repeatable.once(parts.engine, principal.owner, want)


@router.post(
    "/{webhook_id}/replay",
    summary="Send everything again",
    response_model=Webhook,
    responses=documented(IDEMPOTENCY_KEY_REUSED, *_ONE_WITH_BODY),
    dependencies=[Depends(require_json)],
)
async def replay_webhook(
    principal: Owner, webhook_id: uuid.UUID, wanted: Replay, parts: PartsDep, repeatable: RepeatableDep
) -> Response:
    """Goes on after another position, also an earlier one: events come again with the ids that they had."""

    async def replay(session: AsyncSession) -> Answer:
        return Answer(200, await WebhookDesk(session, principal, parts).replay(webhook_id, wanted.after))

    return await repeatable.once(parts.engine, principal.owner, replay)


@router.post(
    "/{webhook_id}/redeliver",
    summary="Send one event again",
    response_model=Delivery,
    status_code=202,
    responses=documented(UNKNOWN_EVENT, IDEMPOTENCY_KEY_REUSED, *_ONE_WITH_BODY),
    dependencies=[Depends(require_json)],
)
async def redeliver_event(
    principal: Owner, webhook_id: uuid.UUID, wanted: Redelivery, parts: PartsDep, repeatable: RepeatableDep
) -> Response:
    """The event is sent once more, with the id that it had, ahead of those that wait."""

    async def want(session: AsyncSession) -> Answer:
        return Answer(202, await WebhookDesk(session, principal, parts).redeliver(webhook_id, wanted.event_id))

    return await repeatable.once(parts.engine, principal.owner, want)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List the deliveries of a webhook",
    response_model=DeliveryPage,
    responses=documented(MALFORMED_CURSOR, *_ONE),
)
async def list_deliveries(
    principal: Owner, webhook_id: uuid.UUID, desk: Desk, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> DeliveryPage:
    """Every attempt with what came of it, the newest first."""
    before = None if cursor is None else decode_integers(cursor, 1)[0]
    rows = await desk.repository.deliveries(await desk.find(webhook_id), before, limit + 1)
    return DeliveryPage(
        items=[delivery_of(row) for row in rows[:limit]],
        next_cursor=encode_cursor(rows[limit - 1].number) if len(rows) > limit else None,
    )


def _without_secret(status: int, webhook: WebhookWithSecret) -> Answer:
    """The secret is in this answer and in none that is kept."""
    return Answer(status, webhook, kept=webhook.model_copy(update={"secret": ""}))
