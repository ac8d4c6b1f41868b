"""The engine: at each new head, which repayments are called for, stored once each with the intents that carry them.

One transaction per head holds it all: candidates worked out anew, triggers, intents and the engine's own cursor. The
row lock on that cursor keeps two engines from working on one head; the unique keys would hold without it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from psycopg.errors import SerializationFailure
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcError
from orchestrator.credit.units import Timestamp
from orchestrator.db.models import Block, EngineCursor, Mandate
from orchestrator.db.session import Sessions
from orchestrator.metrics import Metrics
from orchestrator.mirror.cursor import read_position
from orchestrator.triggers import candidates
from orchestrator.triggers.cursor import Head, common_ancestor, is_canonical, lock_cursor, move_cursor
from orchestrator.triggers.evaluation import MarketView, firings, liquidatable_lines
from orchestrator.triggers.lines import StandingLine, changed_lines, lines_at
from orchestrator.triggers.planning import Plan, Planner
from orchestrator.triggers.readings import Readings, read_all
from orchestrator.triggers.store import RetryPolicy
from orchestrator.triggers.telling import EngineAlerts, Liquidatable
from orchestrator.triggers.words import why_liquidatable

log = logging.getLogger(__name__)

LINES_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class EnginePolicy:
    """Attributes:
    evaluate_at: which mirrored block is believed. At the latest, firings are soonest; the contracts check again.
    batch_size: how many mandates one transaction fires at most.
    """

    evaluate_at: Literal["latest", "safe"] = "latest"
    batch_size: int = 20
    retries: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one head came to."""

    head: Head
    candidates: int
    stored: int
    intents: int
    liquidatable: tuple[Liquidatable, ...]
    failing: Mapping[str, str]


class Engine:
    """Evaluates one vault on one chain, as the address book says. Any number may run at once."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        readers: Sequence[ChainReader],
        book: AddressBook,
        oracle: Contract,
        trigger: Contract,
        alerts: EngineAlerts,
        metrics: Metrics,
        policy: EnginePolicy,
    ) -> None:
        self._sessions = sessions
        self._readers = tuple(readers)
        self._turn = 0
        self._book = book
        self._chain_id = book.chain_id
        self._vault = book.vault.lower()
        self._oracle = oracle
        self._trigger = trigger
        self._alerts = alerts
        self._metrics = metrics
        self._policy = policy
        self._planner = Planner(book, trigger, policy.batch_size, policy.retries)

    async def step(self) -> Evaluation | None:
        """Evaluates the newest head that policy believes; None when that was done, or nothing may be done.

        Raises:
            RpcError: the readings can't be had; the next step asks another node.
            sqlalchemy.exc.OperationalError: the database can't.
        """
        head = await self._head()
        if head is None:
            return None
        started = time.monotonic()
        try:
            readings = await self._read(head)
        except RpcError:
            self._turn += 1
            raise
        try:
            async with self._sessions.begin() as session:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                evaluation = await self._evaluate(session, head, readings)
        except OperationalError as error:
            if isinstance(error.orig, SerializationFailure):
                return None  # another engine was faster
            raise
        if evaluation is None:
            return None
        self._metrics.evaluation_seconds.observe(time.monotonic() - started)
        self._metrics.evaluated_block.labels(chain_id=str(self._chain_id)).set(head.number)
        self._metrics.triggers_fired.labels(action="repay").inc(evaluation.stored)
        log.log(
            logging.INFO if evaluation.stored else logging.DEBUG,
            "evaluated",
            extra={
                "block": head.number,
                "candidates": evaluation.candidates,
                "triggers": evaluation.stored,
                "intents": evaluation.intents,
            },
        )
        await self._alerts.tell(evaluation.liquidatable, evaluation.failing, self._without_price(readings))
        return evaluation

    async def _head(self) -> Head | None:
        """The mirrored block to evaluate; None when that is done, or the mirror says that nobody should act."""
        async with self._sessions() as session:
            position = await read_position(await session.connection(), self._chain_id)
            if position is None or position.frozen:
                return None
            number = position.at.number
            if self._policy.evaluate_at == "safe":
                number = min(number, position.safe_number)
            block = await session.execute(
                select(Block.number, Block.hash, Block.timestamp)
                .outerjoin(EngineCursor, EngineCursor.chain_id == Block.chain_id)
                .where(
                    Block.chain_id == self._chain_id,
                    Block.canonical,
                    Block.number == number,
                    EngineCursor.block_hash.is_distinct_from(Block.hash),
                )
            )
            found = block.one_or_none()
        return None if found is None else Head(found.number, found.hash, Timestamp(found.timestamp))

    async def _read(self, head: Head) -> Readings:
        """What the contracts read at the head: prices of all markets, and what LEVEL and SHARE mandates look at."""
        async with self._sessions() as session:
            rows = await session.execute(
                select(Mandate.kind, Mandate.feed, Mandate.trigger, Mandate.mandate_hash).where(
                    Mandate.chain_id == self._chain_id,
                    Mandate.vault == self._vault,
                    Mandate.kind.in_(("level", "share")),
                    Mandate.expires_at >= head.timestamp,
                )
            )
            others = rows.all()
        return await read_all(
            self._readers[self._turn % len(self._readers)],
            head.block_hash,
            oracle=self._oracle,
            trigger=self._trigger,
            adapters=sorted({market.oracle for market in self._book.markets}),
            feeds=sorted({row.feed for row in others}),
            shares=[(row.trigger, row.mandate_hash) for row in others if row.kind == "share"],
        )

    async def _evaluate(self, session: AsyncSession, head: Head, readings: Readings) -> Evaluation | None:
        cursor = await lock_cursor(session, self._chain_id)
        if cursor.block_hash == head.block_hash or not await is_canonical(session, self._chain_id, head.block_hash):
            return None
        ancestor = await common_ancestor(session, self._chain_id, cursor)
        if ancestor >= head.number:
            return None
        await self._follow(session, after=ancestor, rewound=ancestor < cursor.number, head=head)
        markets = self._markets(readings)
        reached = await self._reached(session, markets, head)
        plans: list[Plan] = []
        liquidatable: list[Liquidatable] = []
        async for lines in self._lines(session, sorted(reached), head):
            wanted = list(firings(lines, markets, readings, head.timestamp))
            plans.append(await self._planner.store(session, wanted, head))
            found = liquidatable_lines(lines, markets, head.timestamp)
            liquidatable += [self._liquidatable(line, markets, head) for line in found]
            timed = [line for line in lines if reached[line.line_id]]
            await candidates.refresh(session, self._chain_id, self._vault, timed, head.timestamp)
        await move_cursor(session, self._chain_id, head)
        return Evaluation(
            head=head,
            candidates=len(reached),
            stored=sum(plan.stored for plan in plans),
            intents=sum(plan.intents for plan in plans),
            liquidatable=tuple(liquidatable),
            failing={key: error for plan in plans for key, error in plan.failing.items()},
        )

    async def _follow(self, session: AsyncSession, *, after: int, rewound: bool, head: Head) -> None:
        """Works out anew the candidates of whatever changed since ``after``, the last block of which all is known."""
        ids = set(await changed_lines(session, self._chain_id, self._vault, after, head.number))
        if rewound:
            orphaned = await candidates.worked_out_after(session, self._chain_id, self._vault, after)
            await candidates.forget(session, self._chain_id, self._vault, orphaned)
            ids.update(orphaned)
        async for lines in self._lines(session, sorted(ids), head):
            await candidates.refresh(session, self._chain_id, self._vault, lines, head.timestamp)

    async def _reached(
        self, session: AsyncSession, markets: Mapping[int, MarketView], head: Head
    ) -> Mapping[int, bool]:
        """Lines whose price or time is reached, and whether it was their time."""
        reached: dict[int, bool] = {}
        for market_id, market in markets.items():
            price = market.oracle.measuring_price
            reached.update(
                await candidates.reached(session, self._chain_id, self._vault, market_id, price, head.timestamp)
            )
        return reached

    async def _lines(
        self, session: AsyncSession, ids: Sequence[int], head: Head
    ) -> AsyncIterator[Sequence[StandingLine]]:
        """A few hundred at a time: the database ends a transaction in which it hears nothing for long."""
        for start in range(0, len(ids), LINES_AT_ONCE):
            chunk = ids[start : start + LINES_AT_ONCE]
            yield await lines_at(session, self._chain_id, self._vault, chunk, head.number)

    def _markets(self, readings: Readings) -> Mapping[int, MarketView]:
        return {
            market.id: MarketView(readings.oracles[market.oracle], market.loan_decimals)
            for market in self._book.markets
        }

    def _without_price(self, readings: Readings) -> Sequence[str]:
        return [market.name for market in self._book.markets if readings.oracles[market.oracle].measuring_price is None]

    def _liquidatable(self, line: StandingLine, markets: Mapping[int, MarketView], head: Head) -> Liquidatable:
        price = markets[line.market_id].oracle.measuring_price
        return Liquidatable(line.line_id, why_liquidatable(line, price, head.timestamp))
