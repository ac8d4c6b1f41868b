"""API keys over HTTP. Everybody sees their own only: a key of another account does not exist."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.api_keys.problems import SCOPE_NOT_HELD, UNKNOWN_KEY
from api.api_keys.schemas import ApiKeys, CreatedApiKey, NewApiKey
from api.api_keys.service import api_key_of, create_key
from api.idempotency import Answer, RepeatableDep
from api.identity.principal import CREDENTIAL_PROBLEMS, Principal, requires
from api.identity.repository import IdentityRepository
from api.identity.scopes import Scope
from api.media_type import require_json
from api.parts import PartsDep
from api.problems import BODY_PROBLEMS, IDEMPOTENCY_KEY_REUSED, INVALID_REQUEST, Problem, documented

router = APIRouter(prefix="/v1/api-keys", tags=["identity"])

KeyMaker = Annotated[Principal, requires(Scope.KEYS_WRITE)]


@router.get("", summary="List your keys", response_model=ApiKeys, responses=documented(*CREDENTIAL_PROBLEMS))
async def list_api_keys(principal: KeyMaker, parts: PartsDep) -> ApiKeys:
    """The keys of your account, the newest first, without their secrets."""
    async with AsyncSession(parts.engine) as session:
        rows = await IdentityRepository(session).keys_of(principal.account_id)
        return ApiKeys(items=[api_key_of(row) for row in rows])


@router.post(
    "",
    summary="Make a key",
    response_model=CreatedApiKey,
    status_code=201,
    responses=documented(*BODY_PROBLEMS, SCOPE_NOT_HELD, IDEMPOTENCY_KEY_REUSED, *CREDENTIAL_PROBLEMS),
    dependencies=[Depends(require_json)],
)
async def create_api_key(
    principal: KeyMaker, wanted: NewApiKey, parts: PartsDep, repeatable: RepeatableDep
) -> Response:
    """Makes a key with some of your own scopes. The key is in this answer and nowhere else.

    A repeat with the same `Idempotency-Key` makes no second key, and does not show the first one again: its `key` is
    empty.
    """
    missing = sorted(set(wanted.scopes) - principal.scopes)
    if missing:
        raise Problem(SCOPE_NOT_HELD, f"you have no scope {', '.join(missing)} to give")

    async def make(session: AsyncSession) -> Answer:
        created = await create_key(session, principal.account_id, wanted.name, wanted.scopes, wanted.expires_in_days)
        return Answer(201, created, kept=created.model_copy(update={"key": ""}))

    return await repeatable.once(parts.engine, principal.owner, make)


@router.delete(
    "/{key_id}",
    summary="Revoke a key",
    status_code=204,
    responses=documented(UNKNOWN_KEY, INVALID_REQUEST, *CREDENTIAL_PROBLEMS),
)
async def revoke_api_key(principal: KeyMaker, key_id: uuid.UUID, parts: PartsDep) -> Response:
    """From now on the key opens nothing. Revoking it again changes nothing."""
    async with AsyncSession(parts.engine) as session, session.begin():
        if not await IdentityRepository(session).revoke_key(principal.account_id, key_id):
            raise Problem(UNKNOWN_KEY, f"you have no key {key_id}")
    return Response(status_code=204)
