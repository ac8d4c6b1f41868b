"""The engine: at each new head, which repayments are called for, stored once each with the intents that carry them.

One transaction per head holds it all: candidates worked out anew, triggers, intents and the engine's own cursor. The
row lock on that cursor keeps two engines from working on one head; the unique keys would hold without it.

When more lines changed than one transaction should hold, as after the first start over a large book, they wait, and
each step works some of them out. New heads are evaluated in between, by the candidates there are.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg.errors import SerializationFailure
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcError
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.credit.units import Bps
from orchestrator.db.session import Sessions
from orchestrator.metrics import Metrics
from orchestrator.transactions.holds import Cause, place_hold
from orchestrator.triggers.backlog import Backlog
from orchestrator.triggers.candidates import Candidates
from orchestrator.triggers.cursor import Head, lock_cursor, move_cursor
from orchestrator.triggers.evaluation import MarketView, firings, liquidatable_lines
from orchestrator.triggers.freshness import Freshness
from orchestrator.triggers.jumps import note_prices
from orchestrator.triggers.keeping import Deed, Keeper, KeeperPolicy
from orchestrator.triggers.lines import StandingLine
from orchestrator.triggers.planning import Plan, Planner
from orchestrator.triggers.reached import find_reached
from orchestrator.triggers.readings import Readings, read_all
from orchestrator.triggers.states import Action
from orchestrator.triggers.steps import EngineStep
from orchestrator.triggers.store import Key, RetryPolicy
from orchestrator.triggers.telling import EngineAlerts, Liquidatable
from orchestrator.triggers.words import why_liquidatable
from orchestrator.triggers.work import EvaluateAt, Work, find_work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnginePolicy:
    """Attributes:
    evaluate_at: which mirrored block is believed. At the latest, firings are soonest; the contracts check again.
    batch_size: how many mandates one transaction fires at most.
    price_jump_bps: a move of a price beyond it stops the sending; None: none does.
    keeping: what our own keeper does about lines themselves.
    wrapped_native: the token that stands for the currency of gas, to value keepers' fees with.
    lines_at_once: how many changed lines one transaction works out anew; more of them wait their turn.
    """

    evaluate_at: EvaluateAt = "latest"
    batch_size: int = 20
    price_jump_bps: Bps | None = None
    wrapped_native: str | None = None
    keeping: KeeperPolicy = field(default_factory=KeeperPolicy)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    lines_at_once: int = 500


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one step came to.

    Attributes:
        complete: whether every line was looked at; else some wait, and what is not found here may hold all the same.
        triggers: those that were stored, by what they do.
    """

    head: Head
    complete: bool
    candidates: int
    triggers: Counter[Action]
    intents: int
    liquidatable: tuple[Liquidatable, ...]
    failing: Mapping[Key, str]

    @property
    def stored(self) -> int:
        return self.triggers.total()


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
        reached: Reached = pass_by,
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
        self._reached = reached
        actions = Action if policy.keeping.terminates else (Action.REPAY, Action.LIQUIDATE)
        self._candidates = Candidates(self._chain_id, self._vault, frozenset(actions))
        self._backlog = Backlog(self._chain_id, self._vault)
        self._freshness = Freshness(book, self._candidates, self._backlog, policy.lines_at_once)
        self._keeper = Keeper(book, load_contract("CreditVault"), policy.keeping, policy.wrapped_native)
        self._planner = Planner(book, trigger, policy.batch_size, policy.retries, policy.wrapped_native)

    async def catch_up(self) -> None:
        """Takes steps until the newest head is evaluated and no line waits. Raises what a step raises."""
        while (evaluation := await self.step()) is not None and not evaluation.complete:
            pass

    async def step(self) -> Evaluation | None:
        """Evaluates the newest head that policy believes, and works out some of the lines that wait.

        None when there is neither, or nothing may be done.

        Raises:
            RpcError: the readings can't be had; the next step asks another node.
            sqlalchemy.exc.OperationalError: the database can't.
        """
        started = time.monotonic()
        async with self._sessions() as session:
            work = await find_work(
                session, self._candidates, self._backlog, self._policy.evaluate_at, self._policy.lines_at_once
            )
        if work is None:
            return None
        self._reached(EngineStep.FOUND)
        readings = await self._read(work)
        self._reached(EngineStep.READ)
        try:
            async with self._sessions.begin() as session:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                evaluation = await self._evaluate(session, work, readings)
                if evaluation is not None and evaluation.stored:
                    self._reached(EngineStep.STORED_UNCOMMITTED)
        except OperationalError as error:
            if isinstance(error.orig, SerializationFailure):
                return None  # another engine was faster
            raise
        if evaluation is None:
            return None
        self._note(evaluation, time.monotonic() - started)
        if evaluation.stored:
            self._reached(EngineStep.STORED)
        self._reached(EngineStep.EVALUATED)
        if work.is_new or evaluation.complete:
            await self._alerts.tell(
                evaluation.liquidatable,
                evaluation.failing,
                self._without_price(readings),
                all_looked_at=evaluation.complete,
            )
        self._reached(EngineStep.TOLD)
        return evaluation

    def _note(self, evaluation: Evaluation, took_s: float) -> None:
        self._metrics.evaluation_seconds.observe(took_s)
        self._metrics.evaluated_block.labels(chain_id=str(self._chain_id)).set(evaluation.head.number)
        for action, count in evaluation.triggers.items():
            self._metrics.triggers_fired.labels(action=action.value).inc(count)
        log.log(
            logging.INFO if evaluation.stored else logging.DEBUG,
            "evaluated",
            extra={
                "block": evaluation.head.number,
                "candidates": evaluation.candidates,
                "triggers": evaluation.stored,
                "intents": evaluation.intents,
            },
        )

    async def _read(self, work: Work) -> Readings:
        """What the contracts read at the head: prices of all markets, and what LEVEL and SHARE mandates look at."""
        try:
            return await read_all(
                self._readers[self._turn % len(self._readers)],
                work.head.block_hash,
                oracle=self._oracle,
                trigger=self._trigger,
                adapters=sorted({market.oracle for market in self._book.markets}),
                feeds=work.feeds,
                shares=work.shares,
            )
        except RpcError:
            self._turn += 1
            raise

    async def _evaluate(self, session: AsyncSession, work: Work, readings: Readings) -> Evaluation | None:
        head = work.head
        if not await lock_cursor(session, self._chain_id, work.since, head):
            return None
        complete = await self._freshness.bring_up(session, work, readings)
        if work.is_new or complete:
            evaluation = await self._decide(session, head, readings, complete)
        else:
            evaluation = Evaluation(head, complete, 0, Counter(), 0, (), {})
        await move_cursor(session, self._chain_id, head)
        return evaluation

    async def _decide(self, session: AsyncSession, head: Head, readings: Readings, complete: bool) -> Evaluation:
        """What the candidates there are come to at the head."""
        markets = self._markets(readings)
        prices = {market_id: market.oracle.measuring_price for market_id, market in markets.items()}
        jumps = await note_prices(session, self._chain_id, head.number, prices, self._policy.price_jump_bps)
        if jumps:
            await place_hold(session, self._chain_id, Cause.PRICE_JUMP, "; ".join(jumps))
        reached = await find_reached(
            session,
            self._candidates,
            prices=prices,
            answers={feed: reading.answer for feed, reading in readings.feeds.items()},
            now=head.timestamp,
            retries=self._policy.retries,
        )
        plans: list[Plan] = []
        liquidatable: list[Liquidatable] = []
        async for lines in self._freshness.lines(session, list(reached.lines), head):
            accounts = await self._candidates.accounts(session, lines)
            wanted = list(firings(lines, markets, replace(readings, accounts=accounts), head.timestamp))
            plans.append(await self._planner.store(session, wanted, head))
            deeds = list(self._keeper.deeds(lines, markets, head.timestamp))
            plans.append(await self._planner.act(session, deeds, head))
            liquidatable += self._left_to_others(lines, markets, deeds, head)
            timed = [line for line in lines if reached.lines[line.line_id]]
            await self._freshness.refresh(session, timed, head, readings, accounts)
        return Evaluation(
            head=head,
            complete=complete,
            candidates=len(reached.lines),
            triggers=sum((plan.triggers for plan in plans), Counter()),
            intents=sum(plan.intents for plan in plans),
            liquidatable=tuple(liquidatable),
            failing=reached.failing,
        )

    def _markets(self, readings: Readings) -> Mapping[int, MarketView]:
        return {
            market.id: MarketView(readings.oracles[market.oracle], market.loan_decimals)
            for market in self._book.markets
        }

    def _without_price(self, readings: Readings) -> Sequence[str]:
        return [market.name for market in self._book.markets if readings.oracles[market.oracle].measuring_price is None]

    def _left_to_others(
        self, lines: Sequence[StandingLine], markets: Mapping[int, MarketView], deeds: Sequence[Deed], head: Head
    ) -> Sequence[Liquidatable]:
        """Lines that can be liquidated and that we don't liquidate."""
        ours = {deed.key.line_id for deed in deeds if deed.key.action is Action.LIQUIDATE}
        return [
            Liquidatable(
                line.line_id,
                why_liquidatable(line, markets[line.market_id].oracle.measuring_price, head.timestamp),
            )
            for line in liquidatable_lines(lines, markets, head.timestamp)
            if line.line_id not in ours
        ]
