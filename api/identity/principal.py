"""The dependency of every operation that is not public: who asks, by key or session, and whether that one may."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.problems import BAD_CREDENTIALS, FOREIGN_ORIGIN, NOT_SIGNED_IN, OUT_OF_SCOPE
from api.identity.repository import IdentityRepository
from api.identity.scopes import Scope, scopes_named, scopes_of
from api.identity.tokens import hash_of, read_api_key
from api.parts import Parts, PartsDep
from api.problems import DATABASE_UNAVAILABLE, Problem
from api.rate_limit import RateLimiter
from orchestrator.db.models import Account

COOKIE: Final = "covenant_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

CREDENTIAL_PROBLEMS: Final = (NOT_SIGNED_IN, BAD_CREDENTIALS, OUT_OF_SCOPE, FOREIGN_ORIGIN, DATABASE_UNAVAILABLE)
"""What an operation with a principal can answer instead."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An account, and what it may do by the key or session that it came with."""

    account_id: uuid.UUID
    address: str | None
    roles: tuple[str, ...]
    scopes: frozenset[Scope]

    @property
    def owner(self) -> str:
        """Of what is stored for it."""
        return str(self.account_id)


def requires(scope: Scope | None = None) -> Any:
    """A dependency that gives the principal, who must have ``scope``; without one it only has to be somebody.

    Raises:
        Problem: nobody, or somebody who may not.
    """

    async def authorised(request: Request, parts: PartsDep) -> Principal:
        principal = await identify(request, parts)
        if principal is None:
            raise Problem(NOT_SIGNED_IN, "no key and no session came with the request", headers=_CHALLENGE)
        if scope is not None and scope not in principal.scopes:
            raise Problem(OUT_OF_SCOPE, f"the scope {scope} is needed")
        return principal

    authorised.needed = frozenset() if scope is None else frozenset({scope})  # type: ignore[attr-defined]
    return Depends(authorised)


def may_if_somebody(scope: Scope) -> Any:
    """For an operation that is open to nobody in particular: a key or session that comes with it must have ``scope``.

    Raises:
        Problem: somebody who may not.
    """

    async def allowed(request: Request, parts: PartsDep) -> None:
        principal = await identify(request, parts)
        if principal is not None and scope not in principal.scopes:
            raise Problem(OUT_OF_SCOPE, f"the scope {scope} is needed")

    allowed.needed_if_somebody = frozenset({scope})  # type: ignore[attr-defined]
    return Depends(allowed)


def scopes_needed(route: APIRoute) -> frozenset[Scope] | None:
    """What an operation demands of whoever asks; None when it is public."""
    return _said_of(route, "needed")


def scopes_needed_if_somebody(route: APIRoute) -> frozenset[Scope] | None:
    """What a public operation demands of a key or session that comes with it; None when it looks at neither."""
    return _said_of(route, "needed_if_somebody")


def _said_of(route: APIRoute, name: str) -> frozenset[Scope] | None:
    for dependency in route.dependant.dependencies:
        said: frozenset[Scope] | None = getattr(dependency.call, name, None)
        if said is not None:
            return said
    return None


_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


async def identify(request: Request, parts: Parts) -> Principal | None:
    """Who asks; None for nobody. A key goes before a cookie.

    Raises:
        Problem: the credentials are not valid, or their account asks too often.
    """
    principal = await _find(request, parts)
    if principal is not None:
        limiter: RateLimiter = request.app.state.rate_limiter
        await limiter.admit(f"account:{principal.account_id}")
    return principal


async def _find(request: Request, parts: Parts) -> Principal | None:
    declared = request.headers.get("authorization")
    if declared is not None:
        return await _by_key(declared, parts)
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    if request.method not in _SAFE and request.headers.get("origin") != parts.site.origin:
        raise Problem(FOREIGN_ORIGIN, f"a session acts from {parts.site.origin} alone")
    return await _by_session(token, parts)


async def _by_key(declared: str, parts: Parts) -> Principal:
    scheme, _, text = declared.partition(" ")
    read = read_api_key(text.strip())
    if scheme.lower() != "bearer" or read is None:
        raise Problem(BAD_CREDENTIALS, "the Authorization header has no key of ours", headers=_CHALLENGE)
    key_id, secret = read
    async with AsyncSession(parts.engine, expire_on_commit=False) as session:
        found = await IdentityRepository(session).key(key_id)
    known = bytes(32) if found is None else found[0].secret_hash
    if not hmac.compare_digest(known, hash_of(secret)) or found is None:
        raise Problem(BAD_CREDENTIALS, "the key is unknown, expired or revoked", headers=_CHALLENGE)
    key, account = found
    return _principal(account, scopes_of(account.roles).intersection(scopes_named(key.scopes)))


async def _by_session(token: str, parts: Parts) -> Principal:
    async with AsyncSession(parts.engine, expire_on_commit=False) as session:
        found = await IdentityRepository(session).session(hash_of(token))
    if found is None:
        raise Problem(BAD_CREDENTIALS, "the session has ended", headers=_CHALLENGE)
    return _principal(found[1], scopes_of(found[1].roles))


def _principal(account: Account, scopes: frozenset[Scope]) -> Principal:
    return Principal(account.id, account.address, tuple(account.roles), scopes)
