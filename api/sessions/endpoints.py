"""Sign-in and sessions over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import RepeatableDep
from api.identity.principal import (
    COOKIE,
    CREDENTIAL_PROBLEMS,
    Principal,
    requires,
)
from api.identity.repository import IdentityRepository
from api.identity.scopes import roles_named
from api.identity.tokens import hash_of
from api.media_type import require_json
from api.parts import Parts, PartsDep
from api.problems import (
    BODY_PROBLEMS,
    CHAIN_UNAVAILABLE,
    DATABASE_UNAVAILABLE,
    IDEMPOTENCY_KEY_REUSED,
    documented,
)
from api.sessions.problems import SIGN_IN_REFUSED
from api.sessions.schemas import AccountRef, CurrentSession, SignIn, SignInChallenge, SignInRequest
from api.sessions.service import challenge, sign_in
from api.wire import Instant, checksum

router = APIRouter(prefix="/v1/sessions", tags=["identity"])

Somebody = Annotated[Principal, requires()]


@router.post(
    "/nonce",
    summary="Ask for a message to sign in with",
    response_model=SignInChallenge,
    responses=documented(*BODY_PROBLEMS, IDEMPOTENCY_KEY_REUSED, DATABASE_UNAVAILABLE),
    dependencies=[Depends(require_json)],
)
async def start_sign_in(wanted: SignInRequest, parts: PartsDep, repeatable: RepeatableDep) -> Response:
    """Returns a message (EIP-4361) for this site and chain. It can be used once, within ten minutes.

    Asking twice gives two messages, and both are good; with the same `Idempotency-Key` it is the same message.
    """
    return await repeatable.once(
        parts.engine, wanted.address, lambda session: challenge(session, parts, wanted.address)
    )


@router.post(
    "",
    summary="Sign in",
    response_model=CurrentSession,
    status_code=201,
    responses=documented(
        *BODY_PROBLEMS, SIGN_IN_REFUSED, IDEMPOTENCY_KEY_REUSED, CHAIN_UNAVAILABLE, DATABASE_UNAVAILABLE
    ),
    dependencies=[Depends(require_json)],
)
async def create_session(signed: SignIn, parts: PartsDep, repeatable: RepeatableDep) -> Response:
    """Opens a session for the account that signed the message, and sets its cookie. A wallet's first sign-in makes its
    account.

    A message works once, so a repeat is refused and opens nothing. With the same `Idempotency-Key` it gets the same
    answer, but no cookie: whoever lost that signs in with a new message.
    """
    return await sign_in(parts, signed, repeatable)


@router.get(
    "/current",
    summary="Show who is signed in",
    response_model=CurrentSession,
    responses=documented(*CREDENTIAL_PROBLEMS),
)
async def get_current_session(principal: Somebody, request: Request, parts: PartsDep) -> CurrentSession:
    """The account behind the session or key of this request, and what it may do by it."""
    return CurrentSession(
        account=AccountRef(
            id=principal.account_id,
            address=checksum(principal.address) if principal.address else None,
            roles=roles_named(principal.roles),
        ),
        scopes=sorted(principal.scopes),
        expires_at=await _expiry(request, parts),
    )


@router.delete(
    "/current",
    summary="Sign out",
    status_code=204,
    responses=documented(*CREDENTIAL_PROBLEMS),
)
async def end_current_session(principal: Somebody, request: Request, parts: PartsDep) -> Response:
    """Ends the session of this request, for good. A key is not touched: revoke it with DELETE /v1/api-keys."""
    token = request.cookies.get(COOKIE)
    if token and "authorization" not in request.headers:
        async with AsyncSession(parts.engine) as session, session.begin():
            await IdentityRepository(session).end_session(hash_of(token))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=parts.site.secure)
    return response


async def _expiry(request: Request, parts: Parts) -> Instant | None:
    token = request.cookies.get(COOKIE)
    if not token or "authorization" in request.headers:
        return None
    async with AsyncSession(parts.engine, expire_on_commit=False) as session:
        found = await IdentityRepository(session).session(hash_of(token))
    return None if found is None else Instant.of_clock(found[0].expires_at)
