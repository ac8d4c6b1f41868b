"""Queries on the log of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Block, OutboxEvent


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Every given condition must hold."""

    vault: str | None = None
    line_id: int | None = None
    kinds: Sequence[str] = ()


class EventRepository:
    """The events of one chain."""

    def __init__(self, session: AsyncSession, chain_id: int) -> None:
        self._session = session
        self._chain_id = chain_id

    async def after(self, position: int, wanted: EventFilter, limit: int) -> Sequence[tuple[OutboxEvent, bool | None]]:
        """By ascending position, each with whether its block is canonical (None: not mirrored)."""
        query = (
            select(OutboxEvent, Block.canonical)
            .outerjoin(
                Block,
                and_(
                    Block.chain_id == OutboxEvent.chain_id,
                    Block.number == OutboxEvent.block_number,
                    Block.hash == OutboxEvent.block_hash,
                ),
            )
            .where(OutboxEvent.chain_id == self._chain_id, OutboxEvent.position > position)
        )
        if wanted.line_id is not None:
            query = query.where(OutboxEvent.vault == wanted.vault, OutboxEvent.line_id == wanted.line_id)
        if wanted.kinds:
            query = query.where(OutboxEvent.kind.in_(wanted.kinds))
        rows = await self._session.execute(query.order_by(OutboxEvent.position).limit(limit))
        return [(event, canonical) for event, canonical in rows]
