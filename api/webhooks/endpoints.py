"""Webhooks over HTTP. Everybody sees their own only: a webhook of another account does not exist."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import KeyHeader, Repeatable
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
async def create_webhook(
    principal: Owner, wanted: NewWebhook, request: Request, parts: PartsDep, idempotency_key: KeyHeader = None
) -> Response:
    """From now on events are sent there, one after the other, signed by the rules of Standard Webhooks.

    A repeat with the same `Idempotency-Key` makes no second one and does not show the secret again: it is empty then.
    """
    repeatable = await Repeatable.of(request, principal.owner, "POST /v1/webhooks", idempotency_key)
    async with AsyncSession(parts.engine, expire_on_commit=False) as session, session.begin():
        answered = await repeatable.find_answer(session)
        if answered is not None:
            return answered
        created = await WebhookDesk(session, principal, parts).create(wanted)
        repeatable.store_answer(session, 201, created.model_copy(update={"secret": ""}).model_dump_json().encode())
    return Response(
        created.model_dump_json(), 201, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


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
    responses=documented(WEBHOOKS_OFF, *_ONE),
)
async def rotate_webhook_secret(
    principal: Owner, webhook_id: uuid.UUID, desk: Desk, idempotency_key: KeyHeader = None
) -> WebhookWithSecret:
    """Returns a new secret. For a day each message carries signatures of both, so that no moment is missed.

    Each call makes a new one, also a repeat.
    """
    return await desk.rotate(webhook_id)


@router.post(
    "/{webhook_id}/test",
    summary="Send a test",
    response_model=Delivery,
    status_code=202,
    responses=documented(*_ONE),
)
async def send_test(principal: Owner, webhook_id: uuid.UUID, desk: Desk, idempotency_key: KeyHeader = None) -> Delivery:
    """A message of kind `webhook.test` is sent once, ahead of the events. The log tells what came of it."""
    return await desk.test(webhook_id)


@router.post(
    "/{webhook_id}/replay",
    summary="Send everything again",
    response_model=Webhook,
    responses=documented(*_ONE_WITH_BODY),
    dependencies=[Depends(require_json)],
)
async def replay_webhook(
    principal: Owner, webhook_id: uuid.UUID, wanted: Replay, desk: Desk, idempotency_key: KeyHeader = None
) -> Webhook:
    """Goes on after another position, also an earlier one: events come again with the ids that they had."""
    return await desk.replay(webhook_id, wanted.after)


@router.post(
    "/{webhook_id}/redeliver",
    summary="Send one event again",
    response_model=Delivery,
    status_code=202,
    responses=documented(UNKNOWN_EVENT, *_ONE_WITH_BODY),
    dependencies=[Depends(require_json)],
)
async def redeliver_event(
    principal: Owner, webhook_id: uuid.UUID, wanted: Redelivery, desk: Desk, idempotency_key: KeyHeader = None
) -> Delivery:
    """The event is sent once more, with the id that it had, ahead of those that wait."""
    return await desk.redeliver(webhook_id, wanted.event_id)


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
