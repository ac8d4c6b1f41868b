"""Queries on what the service sends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from orchestrator.db.models import Attempt, Block, Intent, Trigger


@dataclass(frozen=True, slots=True)
class Sent:
    """An intent with its attempts and triggers. ``mined_canonical`` is None while its block is not mirrored."""

    intent: Intent
    mined_canonical: bool | None
    attempts: Sequence[Attempt]
    trigger_ids: Sequence[uuid.UUID]


class TransactionRepository:
    """The transactions of one chain."""

    def __init__(self, session: AsyncSession, chain_id: int) -> None:
        self._session = session
        self._chain_id = chain_id

    async def find(self, intent_id: uuid.UUID) -> Sent | None:
        found = await self._read(None, None, 1, intent_id)
        return found[0] if found else None

    async def page(self, status: str | None, before: tuple[datetime, uuid.UUID] | None, limit: int) -> Sequence[Sent]:
        """The newest first; ``before`` is (created_at, id) of the last row of the page before."""
        return await self._read(status, before, limit, None)

    async def _read(
        self,
        status: str | None,
        before: tuple[datetime, uuid.UUID] | None,
        limit: int,
        intent_id: uuid.UUID | None,
    ) -> list[Sent]:
        query = (
            select(Intent, Block.canonical)
            .outerjoin(
                Block,
                and_(
                    Block.chain_id == Intent.chain_id,
                    Block.number == Intent.mined_block_number,
                    Block.hash == Intent.mined_block_hash,
                ),
            )
            .where(Intent.chain_id == self._chain_id)
            .options(defer(Intent.data))
        )
        if intent_id is not None:
            query = query.where(Intent.id == intent_id)
        if status is not None:
            query = query.where(Intent.status == status)
        if before is not None:
            query = query.where(tuple_(Intent.created_at, Intent.id) < tuple_(*before))
        rows = (
            await self._session.execute(query.order_by(Intent.created_at.desc(), Intent.id.desc()).limit(limit))
        ).all()
        ids = [intent.id for intent, _ in rows]
        attempts, triggers = await self._attempts(ids), await self._trigger_ids(ids)
        return [
            Sent(intent, canonical, attempts.get(intent.id, ()), triggers.get(intent.id, ()))
            for intent, canonical in rows
        ]

    async def _attempts(self, intent_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Attempt]]:
        found: dict[uuid.UUID, list[Attempt]] = {}
        query = select(Attempt).where(Attempt.intent_id.in_(intent_ids)).options(defer(Attempt.raw))
        for attempt in await self._session.scalars(query.order_by(Attempt.number)):
            found.setdefault(attempt.intent_id, []).append(attempt)
        return found

    async def _trigger_ids(self, intent_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[uuid.UUID]]:
        found: dict[uuid.UUID, list[uuid.UUID]] = {}
        query = select(Trigger.intent_id, Trigger.id).where(Trigger.intent_id.in_(intent_ids)).order_by(Trigger.id)
        for intent_id, trigger_id in await self._session.execute(query):
            if intent_id is not None:
                found.setdefault(intent_id, []).append(trigger_id)
        return found
