"""`Idempotency-Key`: a POST that comes again acts once, and its answer is kept in the transaction of its effect.

Every POST takes the header. Those that change something go through ``Repeatable.once``; those that only compute an
answer are ``HARMLESS`` to repeat, and nothing of them is kept: what they said a minute ago would be out of date.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from eth_utils.crypto import keccak
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from api.problems import IDEMPOTENCY_KEY_REUSED, Problem
from orchestrator.db.models import IdempotencyKey

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="Any text of at most 200 printable characters. The same key with the same body acts once.",
    ),
]

_CLAIMED: Final = HTTPStatus.PROCESSING
"""The stored status of a key whose POST has begun and is not answered yet."""

REPLAYED: Final = "Idempotency-Replayed"
"""The header of an answer that was given before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST answers. A body with a secret is never stored: ``kept`` is what a repeat gets instead."""

    status: int
    body: BaseModel
    kept: BaseModel | None = None

    def response(self) -> Response:
        headers = None if self.kept is None else {"Cache-Control": "no-store"}
        return Response(self.body.model_dump_json(), self.status, media_type="application/json", headers=headers)


Act = Callable[[AsyncSession], Awaitable[Answer]]
"""What a POST does, within the transaction that it is given."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One POST that may come again. ``scope`` is the operation and what it is asked of: elsewhere the same key is
    another, and so is somebody else's, who learns nothing of it.
    """

    scope: str
    key: str | None
    digest: str

    async def once(self, engine: AsyncEngine, owner: str, act: Act) -> Response:
        """The answer of ``act``, committed with its effect; or the one that was given before.

        ``owner`` is an account, or the address whose signature is the request's authority.

        Raises:
            Problem: the key was used with another body; or what ``act`` refuses, which leaves the key unused.
        """
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await self._lock(session, owner)
            answered = await self._find(session, owner)
            if answered is not None:
                return answered
            answer = await act(session)
            if self.key is not None:
                body = (answer.kept or answer.body).model_dump_json().encode()
                await session.merge(self._row(owner, answer.status, body))
        return answer.response()

    async def replay(self, engine: AsyncEngine, owner: str) -> Response | None:
        """The answer that was given before, if any: to be asked before what a repeat needs not be looked at for.

        Raises:
            Problem: the key was used with another body.
        """
        if self.key is None:
            return None
        async with AsyncSession(engine) as session:
            return await self._find(session, owner)

    async def claim(self, engine: AsyncEngine, owner: str) -> Response | None:
        """Before what no transaction undoes, and the ``once`` that follows it: from now on the key is its body's alone.

        Gives the answer that was given before, if any. A claim is never given back: of a request that failed nobody
        can say that it did nothing. Its own body can come again.

        Raises:
            Problem: the key was used with another body.
        """
        if self.key is None:
            return None
        async with AsyncSession(engine) as session, session.begin():
            await self._lock(session, owner)
            answered = await self._find(session, owner)
            if answered is None:
                await session.merge(self._row(owner, _CLAIMED, b""))
        return answered

    async def _lock(self, session: AsyncSession, owner: str) -> None:
        """One at a time for each key: the second sees the first one's row, and not a violated primary key."""
        if self.key is not None:
            lock = func.hashtextextended(f"{owner}\n{self.scope}\n{self.key}", 0)
            await session.execute(select(func.pg_advisory_xact_lock(lock)))

    async def _find(self, session: AsyncSession, owner: str) -> Response | None:
        if self.key is None:
            return None
        stored = await session.get(IdempotencyKey, (owner, self.scope, self.key))
        if stored is None:
            return None
        if stored.request_digest != self.digest:
            raise Problem(IDEMPOTENCY_KEY_REUSED, "this Idempotency-Key came before with another body")
        if stored.status_code == _CLAIMED:
            return None
        return Response(stored.body, stored.status_code, media_type="application/json", headers={REPLAYED: "true"})

    def _row(self, owner: str, status_code: int, body: bytes) -> IdempotencyKey:
        return IdempotencyKey(
            owner=owner,
            scope=self.scope,
            key=self.key,
            request_digest=self.digest,
            status_code=status_code,
            body=body,
        )


async def _repeatable(request: Request, idempotency_key: KeyHeader = None) -> Repeatable:
    digest = "0x" + keccak(await request.body()).hex()
    return Repeatable(f"{request.method} {request.url.path}", idempotency_key, digest)


RepeatableDep = Annotated[Repeatable, Depends(_repeatable)]


async def _harmless(idempotency_key: KeyHeader = None) -> None:
    """Takes the header, so that a client can send it with every POST."""


HARMLESS: Final[Any] = Depends(_harmless)
"""For a POST that changes nothing."""
