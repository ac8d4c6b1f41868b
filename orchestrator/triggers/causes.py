"""What a trigger came from: a round of one of the market's feeds, or a bill; and when we first saw the block of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.mandate import Kind
from orchestrator.db.models import Block, OracleRound
from orchestrator.triggers.evaluation import Wanted


@dataclass(frozen=True, slots=True)
class Cause:
    """``seen_at``: wall clock at which the block was mirrored from which on the firing was called for."""

    feed: str | None
    round_id: int | None
    due_at: int | None
    seen_at: datetime


class Causes:
    """Finds causes as of one block; asks once for what many triggers share."""

    def __init__(self, session: AsyncSession, chain_id: int, block_number: int) -> None:
        self._session = session
        self._chain_id = chain_id
        self._block_number = block_number
        self._rounds: dict[frozenset[str], OracleRound | None] = {}
        self._seen: dict[int, datetime] = {}
        self._blocks_of_time: dict[int, int] = {}

    async def of(self, wanted: Wanted, market_feeds: Collection[str]) -> Cause:
        """``market_feeds``: those that the market's adapter reads."""
        mandate = wanted.standing.mandate
        known_since = max(wanted.line.since[0], wanted.standing.since[0])
        if mandate.kind is Kind.DUE:
            due_at = wanted.before.unpaid_since
            block = max(known_since, await self._first_block_from(due_at))
            return Cause(None, None, due_at, await self._seen_at(block))
        feeds = market_feeds if mandate.kind is Kind.LTV else [mandate.feed]
        newest = await self._newest_round(frozenset(feed.lower() for feed in feeds))
        if newest is None:
            return Cause(None, None, None, await self._seen_at(known_since))
        seen_at = await self._seen_at(max(known_since, newest.block_number))
        return Cause(newest.feed, newest.round_id, None, seen_at)

    async def of_head(self) -> Cause:
        """What the whole state of a line calls for, at the block of evaluation."""
        return Cause(None, None, None, await self._seen_at(self._block_number))

    async def _newest_round(self, feeds: frozenset[str]) -> OracleRound | None:
        if feeds not in self._rounds:
            newest = (
                select(OracleRound)
                .where(
                    OracleRound.chain_id == self._chain_id,
                    OracleRound.feed.in_(feeds),
                    OracleRound.block_number <= self._block_number,
                )
                .order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc())
                .limit(1)
            )
            self._rounds[feeds] = (await self._session.scalars(newest)).first()
        return self._rounds[feeds]

    async def _first_block_from(self, second: int) -> int:
        """The first block at or after a second; walks back from the block of evaluation, since bills are new."""
        if second not in self._blocks_of_time:
            before = (
                select(Block.number)
                .where(
                    Block.chain_id == self._chain_id,
                    Block.canonical,
                    Block.number <= self._block_number,
                    Block.timestamp < second,
                )
                .order_by(Block.number.desc())
                .limit(1)
            )
            last_before = await self._session.scalar(before)
            self._blocks_of_time[second] = 0 if last_before is None else last_before + 1
        return self._blocks_of_time[second]

    async def _seen_at(self, block_number: int) -> datetime:
        """Of a canonical block, or of the first that is mirrored when it is older than the mirror."""
        if block_number not in self._seen:
            found = (
                select(Block.seen_at)
                .where(
                    Block.chain_id == self._chain_id,
                    Block.canonical,
                    Block.number.between(block_number, self._block_number),
                )
                .order_by(Block.number)
                .limit(1)
            )
            self._seen[block_number] = (await self._session.scalars(found)).one()
        return self._seen[block_number]
