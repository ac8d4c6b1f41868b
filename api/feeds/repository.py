"""Queries on feeds and their rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orchestrator.db.models import Feed, OracleRound

_NEWEST: Final = aliased(
    OracleRound,
    select(OracleRound)
    .where(OracleRound.chain_id == Feed.chain_id, OracleRound.feed == Feed.address)
    .order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc())
    .limit(1)
    .lateral("newest"),
)


class FeedRepository:
    """The feeds of one chain."""

    def __init__(self, session: AsyncSession, chain_id: int) -> None:
        self._session = session
        self._chain_id = chain_id

    async def all(self) -> Sequence[tuple[Feed, OracleRound | None]]:
        """With the newest round of each, by pair. There are as many as markets have, not more."""
        return await self._read(self._feeds().order_by(Feed.pair, Feed.address))

    async def find(self, address: str) -> tuple[Feed, OracleRound | None] | None:
        rows = await self._read(self._feeds().where(Feed.address == address))
        return rows[0] if rows else None

    async def decimals(self, address: str) -> int | None:
        """Of its answers; None for a feed that is not followed."""
        decimals: int | None = await self._session.scalar(
            select(Feed.decimals).where(Feed.chain_id == self._chain_id, Feed.address == address)
        )
        return decimals

    async def rounds(self, address: str, before: tuple[int, int] | None, limit: int) -> Sequence[OracleRound]:
        """The newest first; ``before`` is (block number, log index) of the last row of the page before."""
        query = select(OracleRound).where(OracleRound.chain_id == self._chain_id, OracleRound.feed == address)
        if before is not None:
            query = query.where(tuple_(OracleRound.block_number, OracleRound.log_index) < tuple_(*before))
        query = query.order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc()).limit(limit)
        return (await self._session.scalars(query)).all()

    def _feeds(self) -> Select[Feed, OracleRound | None]:
        return select(Feed, _NEWEST).select_from(Feed).outerjoin(_NEWEST, true()).where(Feed.chain_id == self._chain_id)

    async def _read(self, query: Select[Feed, OracleRound | None]) -> list[tuple[Feed, OracleRound | None]]:
        return [(feed, newest) for feed, newest in await self._session.execute(query)]
