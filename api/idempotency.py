"""`Idempotency-Key`: the answer to a POST is stored in the transaction of its effect, and a repeat gets it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from eth_utils.crypto import keccak
from fastapi import Header, Request, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

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

REPLAYED: Final = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One POST that may come again. ``scope`` is the operation: two operations can use the same key, and so can two
    owners, who learn nothing of each other.
    """

    owner: str
    scope: str
    key: str | None
    digest: str

    @classmethod
    async def of(cls, request: Request, owner: str, scope: str, key: str | None) -> Repeatable:
        """``owner`` is an account, or the address whose signature is the request's authority."""
        return cls(owner, scope, key, "0x" + keccak(await request.body()).hex())

    async def find_answer(self, session: AsyncSession) -> Response | None:
        """The stored answer, if this request was answered before. Holds the key until the transaction ends.

        Raises:
            Problem: the key was used with another body.
        """
        if self.key is None:
            return None
        # One at a time for each key: the second sees the first one's row, and not a violated primary key.
        lock = func.hashtextextended(f"{self.owner}\n{self.scope}\n{self.key}", 0)
        await session.execute(select(func.pg_advisory_xact_lock(lock)))
        stored = await session.get(IdempotencyKey, (self.owner, self.scope, self.key))
        if stored is None:
            return None
        if stored.request_digest != self.digest:
            raise Problem(IDEMPOTENCY_KEY_REUSED, "this Idempotency-Key came before with another body")
        return Response(stored.body, stored.status_code, media_type="application/json", headers={REPLAYED: "true"})

    def store_answer(self, session: AsyncSession, status: int, body: bytes) -> Response:
        """The answer, kept with the session's other changes: both are committed, or neither."""
        if self.key is not None:
            session.add(
                IdempotencyKey(
                    owner=self.owner,
                    scope=self.scope,
                    key=self.key,
                    request_digest=self.digest,
                    status_code=status,
                    body=body,
                )
            )
        return Response(body, status, media_type="application/json")
