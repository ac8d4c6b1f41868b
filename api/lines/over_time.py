"""Debt over value through time: after every answer of the feed that prices a line, and after every action on it.

Computed from what is mirrored, by the credit rules; no node is asked, so it is there for pruned blocks too. What an
oracle says follows from one feed's answers alone only where it reads one feed: with more, it also depends on which of
them is the base, the quote or the cross-check, which the address book does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.lines.rows import LineRow
from api.lines.schemas import LtvPoint
from api.lines.units import Units
from api.snapshot import View
from api.wire import Instant
from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.health import ltv_bps_up, value_down
from orchestrator.credit.state import LineState
from orchestrator.credit.units import PriceE36, Timestamp
from orchestrator.db.models import Block, LineVersion, OracleRound
from orchestrator.db.values import state_of

_PRICE_DIGITS = 36


@dataclass(frozen=True, slots=True)
class PricedBy:
    """The one feed of a market. ``scale``: what an answer is multiplied by to be a price, times 10^36."""

    feed: BookFeed
    scale: int

    def price(self, newest: OracleRound, now: int) -> PriceE36 | None:
        """At ``now``, as the adapter reads it; None where it would have none."""
        max_age_s = self.feed.heartbeat_s + self.feed.margin_s
        if newest.answer <= 0 or not 0 <= now - newest.updated_at <= max_age_s:
            return None
        return PriceE36(newest.answer * self.scale)


def priced_by(book: AddressBook, market_id: int) -> PricedBy | None:
    """None where several feeds price the market, or the book does not know it."""
    for market in book.markets:
        if market.id == market_id and len(market.feeds) == 1:
            for feed in book.feeds.values():
                if feed.address == market.feeds[0]:
                    exponent = _PRICE_DIGITS + market.loan_decimals - market.collateral_decimals - feed.decimals
                    return PricedBy(feed, int(10**exponent))
    return None


async def read_rounds(session: AsyncSession, chain_id: int, feed: str, limit: int) -> Sequence[tuple[OracleRound, int]]:
    """The newest first, each with the second from which the chain could read it."""
    query = (
        select(OracleRound, Block.timestamp)
        .outerjoin(Block, and_(Block.chain_id == OracleRound.chain_id, Block.hash == OracleRound.block_hash))
        .where(OracleRound.chain_id == chain_id, OracleRound.feed == feed)
        .order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc())
        .limit(limit)
    )
    return [(found, timestamp or found.updated_at) for found, timestamp in await session.execute(query)]


@dataclass(frozen=True, slots=True)
class LineOverTime:
    """A line, and how its facts are written."""

    row: LineRow
    oracle: PricedBy
    view: View

    def points(
        self, rounds: Sequence[tuple[OracleRound, int]], versions: Sequence[tuple[LineVersion, int]]
    ) -> list[LtvPoint]:
        """The newest first; none from before the oldest round and the oldest state that are given."""
        return list(self._walk(rounds, versions))[::-1]

    def _walk(
        self, rounds: Sequence[tuple[OracleRound, int]], versions: Sequence[tuple[LineVersion, int]]
    ) -> Iterator[LtvPoint]:
        newest: OracleRound | None = None
        state: LineState | None = None
        logs: list[tuple[OracleRound | LineVersion, int]] = [*rounds, *versions]
        for log, now in sorted(logs, key=lambda each: (each[0].block_number, each[0].log_index)):
            if isinstance(log, OracleRound):
                newest = log
            else:
                state = state_of(log)
            if newest is not None and state is not None:
                yield self._point(log, now, self.oracle.price(newest, now), state)

    def _point(self, log: OracleRound | LineVersion, now: int, price: PriceE36 | None, stored: LineState) -> LtvPoint:
        units = Units(self.view.tokens, self.row)
        state = stored if stored.over else advance(stored, self.row.terms, Timestamp(max(now, stored.accrued_at)))
        return LtvPoint(
            at=Instant.of_block_time(now),
            debt=units.loan(debt(state)),
            price=None if price is None else units.price(price),
            collateral_value=None if price is None else units.loan(value_down(state.collateral, price)),
            ltv_bps=None if price is None else ltv_bps_up(state, price),
            log=self.view.provenance(log),
        )
