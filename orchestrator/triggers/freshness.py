"""Keeps the candidates up to the chain: what changed is worked out anew, some lines at a time when it is many."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.book import AddressBook
from orchestrator.triggers.accounts import Accounts
from orchestrator.triggers.backlog import Backlog
from orchestrator.triggers.candidates import Candidates, Context
from orchestrator.triggers.cursor import Head
from orchestrator.triggers.lines import StandingLine, changed_lines, lines_at
from orchestrator.triggers.readings import Readings
from orchestrator.triggers.work import Work

log = logging.getLogger(__name__)

TOLD_EVERY_LINES: Final = 50_000
"""So many lines that waited and were looked at change what the planner should know, and are news to people."""


class Freshness:
    """Of the candidates of one vault. Nothing here commits."""

    def __init__(self, book: AddressBook, candidates: Candidates, backlog: Backlog, lines_at_once: int) -> None:
        self._book = book
        self._candidates = candidates
        self._backlog = backlog
        self._lines_at_once = lines_at_once
        self._untold_lines = 0

    async def bring_up(self, session: AsyncSession, work: Work, readings: Readings) -> bool:
        """As far as one step does. Returns whether no line waits any more."""
        after, until = work.ancestor, work.head.number
        if work.crowd:
            changed = changed_lines(self._candidates.chain_id, self._candidates.vault)
            await self._backlog.put(session, changed.params(after=after, until=until))
        if work.overdue:
            await self._backlog.put(session, self._candidates.due_lines(work.head.timestamp))
        if work.rewinds:
            if work.crowd:
                await self._backlog.put(session, self._candidates.worked_out_after(after))
            await self._candidates.forget_after(session, after)
        await self._backlog.take(session, work.waited)
        async for lines in self.lines(session, work.changed, work.head):
            await self.refresh(session, lines, work.head, readings, readings.accounts)
        if not (work.crowd or work.overdue or work.waited):
            return True
        complete = not await self._backlog.waits(session)
        await self._tell_progress(session, work, complete)
        return complete

    async def refresh(
        self, session: AsyncSession, lines: Sequence[StandingLine], head: Head, readings: Readings, accounts: Accounts
    ) -> None:
        """Works the candidates of lines as they stand at the head out anew."""
        context = Context(
            now=head.timestamp,
            loan_decimals={market.id: market.loan_decimals for market in self._book.markets},
            feed_decimals={feed: reading.decimals for feed, reading in readings.feeds.items()},
            accounts=accounts,
        )
        await self._candidates.refresh(session, lines, context)

    async def lines(
        self, session: AsyncSession, ids: Sequence[int], head: Head
    ) -> AsyncIterator[Sequence[StandingLine]]:
        """Some at a time: the database ends a transaction in which it hears nothing for long."""
        for start in range(0, len(ids), self._lines_at_once):
            chunk = ids[start : start + self._lines_at_once]
            yield await lines_at(session, self._candidates.chain_id, self._candidates.vault, chunk, head.number)

    async def _tell_progress(self, session: AsyncSession, work: Work, complete: bool) -> None:
        self._untold_lines += len(work.waited)
        if not (work.crowd or work.overdue or complete or self._untold_lines >= TOLD_EVERY_LINES):
            return
        self._untold_lines = 0
        await session.execute(text("ANALYZE candidates"))
        log.info(
            "all lines are looked at" if complete else "lines wait to be looked at",
            extra={"block": work.head.number, "waiting": 0 if complete else await self._backlog.count(session)},
        )
