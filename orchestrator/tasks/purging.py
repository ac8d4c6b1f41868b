"""What is kept for a while only: answers to repeats, sessions, unused sign-ins."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import IdempotencyKey, Session, SignInNonce

ANSWERS_KEPT: Final = timedelta(hours=24)
"""A request repeated later than this acts anew."""


async def purge(engine: AsyncEngine) -> int:
    """Deletes what has expired by the database's clock; returns how many rows."""
    now = func.clock_timestamp()
    statements = (
        delete(IdempotencyKey).where(IdempotencyKey.created_at < now - ANSWERS_KEPT),
        delete(Session).where(Session.expires_at < now),
        delete(SignInNonce).where(SignInNonce.expires_at < now),
    )
    deleted = 0
    async with engine.begin() as connection:
        for statement in statements:
            deleted += (await connection.execute(statement)).rowcount
    return deleted
