"""Queries on what belongs to a line: its states, payments and mandates. ``finding`` and ``rows`` read lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import (
    Block,
    Firing,
    LineVersion,
    Mandate,
    MandateRevocation,
    Payment,
)

LogKey = tuple[int, int]
"""Block number and log index: the order in which things happened on-chain."""


class LineRepository:
    """What belongs to the lines of one vault."""

    def __init__(self, session: AsyncSession, chain_id: int, vault: str) -> None:
        self._session = session
        self._chain_id = chain_id
        self._vault = vault

    async def versions(
        self, line_id: int, before: LogKey | None, limit: int
    ) -> Sequence[tuple[LineVersion, int | None]]:
        """States with the time of their block, the newest first; ``before`` is the key of the last one seen."""
        query = (
            select(LineVersion, Block.timestamp)
            .outerjoin(Block, _block_of(LineVersion))
            .where(
                LineVersion.chain_id == self._chain_id,
                LineVersion.vault == self._vault,
                LineVersion.line_id == line_id,
            )
        )
        if before is not None:
            query = query.where(tuple_(LineVersion.block_number, LineVersion.log_index) < tuple_(*before))
        query = query.order_by(LineVersion.block_number.desc(), LineVersion.log_index.desc()).limit(limit)
        return [(version, timestamp) for version, timestamp in await self._session.execute(query)]

    async def payments(self, line_id: int, before: LogKey | None, limit: int) -> Sequence[tuple[Payment, int | None]]:
        """Payments with the time of their block, the newest first."""
        query = (
            select(Payment, Block.timestamp)
            .outerjoin(Block, _block_of(Payment))
            .where(Payment.chain_id == self._chain_id, Payment.vault == self._vault, Payment.line_id == line_id)
        )
        if before is not None:
            query = query.where(tuple_(Payment.block_number, Payment.log_index) < tuple_(*before))
        query = query.order_by(Payment.block_number.desc(), Payment.log_index.desc()).limit(limit)
        return [(payment, timestamp) for payment, timestamp in await self._session.execute(query)]

    async def mandates(self, line_id: int) -> Sequence[Mandate]:
        """In the order of their registration."""
        found = await self._session.scalars(
            select(Mandate)
            .where(Mandate.chain_id == self._chain_id, Mandate.vault == self._vault, Mandate.line_id == line_id)
            .order_by(Mandate.block_number, Mandate.log_index)
        )
        return found.all()

    async def revoked(self, mandates: Sequence[Mandate]) -> frozenset[str]:
        """Hashes of those whose nonce was burned by their borrower."""
        keys = [(m.trigger, m.borrower, m.nonce) for m in mandates]
        burned = await self._session.execute(
            select(MandateRevocation.trigger, MandateRevocation.borrower, MandateRevocation.nonce).where(
                MandateRevocation.chain_id == self._chain_id,
                tuple_(MandateRevocation.trigger, MandateRevocation.borrower, MandateRevocation.nonce).in_(keys),
            )
        )
        found = {tuple(row) for row in burned}
        return frozenset(m.mandate_hash for m, key in zip(mandates, keys, strict=True) if key in found)

    async def firings_of_newest_period(self, mandates: Sequence[Mandate]) -> Mapping[str, list[Firing]]:
        """For each mandate that ever fired, its firings in the period it fired in last, oldest first."""
        ranked = (
            select(Firing, func.max(Firing.period).over(partition_by=Firing.mandate_hash).label("newest"))
            .where(Firing.chain_id == self._chain_id, Firing.mandate_hash.in_([m.mandate_hash for m in mandates]))
            .subquery()
        )
        firings = await self._session.scalars(
            select(Firing)
            .join(
                ranked,
                and_(
                    Firing.chain_id == ranked.c.chain_id,
                    Firing.trigger == ranked.c.trigger,
                    Firing.mandate_hash == ranked.c.mandate_hash,
                    Firing.block_number == ranked.c.block_number,
                    Firing.log_index == ranked.c.log_index,
                ),
            )
            .where(ranked.c.period == ranked.c.newest)
            .order_by(Firing.occurrence)
        )
        by_mandate: dict[str, list[Firing]] = {}
        for firing in firings:
            by_mandate.setdefault(firing.mandate_hash, []).append(firing)
        return by_mandate


def _block_of(row: type[LineVersion] | type[Payment]) -> ColumnElement[bool]:
    return and_(Block.chain_id == row.chain_id, Block.number == row.block_number, Block.hash == row.block_hash)
