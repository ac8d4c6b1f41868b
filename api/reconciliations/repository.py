"""Queries on reconciliations."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Block, Reconciliation

Compared = tuple[Reconciliation, bool | None]
"""A reconciliation, and whether its block is canonical (None: not mirrored)."""


class ReconciliationRepository:
    """The reconciliations of one vault."""

    def __init__(self, session: AsyncSession, chain_id: int, vault: str) -> None:
        self._session = session
        self._chain_id = chain_id
        self._vault = vault

    async def find(self, reconciliation_id: uuid.UUID) -> Compared | None:
        rows = await self._read(self._all().where(Reconciliation.id == reconciliation_id))
        return rows[0] if rows else None

    async def page(
        self, equal: bool | None, before: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> Sequence[Compared]:
        """The newest first; ``before`` is (finished_at, id) of the last row of the page before."""
        query = self._all()
        if equal is not None:
            query = query.where(Reconciliation.equal.is_(equal))
        if before is not None:
            query = query.where(tuple_(Reconciliation.finished_at, Reconciliation.id) < tuple_(*before))
        newest_first = query.order_by(Reconciliation.finished_at.desc(), Reconciliation.id.desc())
        return await self._read(newest_first.limit(limit))

    def _all(self) -> Select[Reconciliation, bool | None]:
        return (
            select(Reconciliation, Block.canonical)
            .outerjoin(
                Block,
                and_(
                    Block.chain_id == Reconciliation.chain_id,
                    Block.number == Reconciliation.block_number,
                    Block.hash == Reconciliation.block_hash,
                ),
            )
            .where(Reconciliation.chain_id == self._chain_id, Reconciliation.vault == self._vault)
        )

    async def _read(self, query: Select[Reconciliation, bool | None]) -> list[Compared]:
        return [(row, canonical) for row, canonical in await self._session.execute(query)]
