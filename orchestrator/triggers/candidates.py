"""What narrows a new block to lines that something may have to be done about: thresholds as rows, found by index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.mandate import Kind
from orchestrator.credit.units import Timestamp
from orchestrator.db.arrays import among
from orchestrator.db.models import Candidate, WaitingLine
from orchestrator.db.models.registry import table_of
from orchestrator.db.staging import replace_rows
from orchestrator.triggers.accounts import Accounts, ShareAccount, with_account
from orchestrator.triggers.lines import Position, StandingLine, StandingMandate
from orchestrator.triggers.states import Action
from orchestrator.triggers.thresholds import (
    Resolution,
    Threshold,
    liquidation_threshold,
    repay_threshold,
    termination_threshold,
)

NO_MANDATE: Final = "0x" + "00" * 32
ONCE: Final = 0
"""The only occurrence of what happens to a line once and for all."""

Touched = Select[int, str, str, int, bool]

# Walks the index from one feed to the next: the cost is that of the feeds, not of the candidates.
_FEEDS = text(
    """
    WITH RECURSIVE found AS (
        (SELECT feed FROM candidates WHERE chain_id = :chain_id AND vault = :vault AND feed IS NOT NULL
         ORDER BY feed LIMIT 1)
        UNION ALL
        SELECT (SELECT feed FROM candidates WHERE chain_id = :chain_id AND vault = :vault AND feed > found.feed
                ORDER BY feed LIMIT 1)
        FROM found WHERE found.feed IS NOT NULL
    )
    SELECT feed FROM found WHERE feed IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True)
class Context:
    """What thresholds are worked out with, beside the lines: ``loan_decimals`` by market, ``feed_decimals`` by feed."""

    now: Timestamp
    loan_decimals: Mapping[int, int]
    feed_decimals: Mapping[str, int]
    accounts: Accounts

    def resolution(self, line: StandingLine, standing: StandingMandate) -> Resolution | None:
        """None while the feed does not answer, or for a market that nobody told us of."""
        of_feed = self.feed_decimals.get(standing.mandate.feed.lower())
        of_loan = self.loan_decimals.get(line.market_id)
        return None if of_feed is None or of_loan is None else Resolution(of_feed, of_loan)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of one vault. Nothing here commits.

    ``actions``: those that are looked for. Candidates are kept for all of them, so that policy may change its mind.
    """

    chain_id: int
    vault: str
    actions: frozenset[Action] = frozenset({Action.REPAY, Action.LIQUIDATE})

    async def refresh(self, session: AsyncSession, lines: Iterable[StandingLine], context: Context) -> None:
        """Works the candidates of ``lines`` out anew and stores them in place of those that there were."""
        rows = [row for line in lines for row in self._rows(line, context)]
        await replace_rows(session, table_of(Candidate), rows)

    async def forget_after(self, session: AsyncSession, block_number: int) -> None:
        """Removes what came from a later block, before a refresh that follows a rewind: line or mandate may be gone."""
        await session.execute(delete(Candidate).where(*self.ours(), Candidate.state_block_number > block_number))

    def worked_out_after(self, block_number: int) -> Select[int]:
        """Finds the lines with candidates from a state of a later block than ``block_number``."""
        statement = select(Candidate.line_id).where(*self.ours(), Candidate.state_block_number > block_number)
        return statement.distinct()

    def due_lines(self, now: Timestamp) -> Select[int]:
        """Finds the lines with a candidate whose second was reached at ``now``."""
        wanted = Candidate.action.in_(sorted(self.actions))
        return select(Candidate.line_id).where(*self.ours(), wanted, Candidate.next_due_at <= now).distinct()

    async def feeds(self, session: AsyncSession) -> Sequence[str]:
        """The feeds that some candidate waits for."""
        at = {"chain_id": self.chain_id, "vault": bytes.fromhex(self.vault[2:])}
        return ["0x" + bytes(feed).hex() for feed in await session.scalars(_FEEDS, at)]

    async def accounts(self, session: AsyncSession, lines: Iterable[StandingLine]) -> Accounts:
        """What the contract has counted for the SHARE mandates of ``lines``, as their candidates hold it.

        Of a line that waits to be worked out anew nobody knows: a firing may have changed it.
        """
        ids = {line.line_id for line in lines for standing in line.mandates if standing.mandate.kind is Kind.SHARE}
        if not ids:
            return {}
        statement = select(
            Candidate.trigger_contract, Candidate.mandate_hash, Candidate.share_mark, Candidate.share_carry
        ).where(*self.ours(), among(Candidate.line_id, ids), Candidate.share_mark.is_not(None), ~line_waits())
        return {
            (row.trigger_contract, row.mandate_hash): ShareAccount(row.share_mark, row.share_carry)
            for row in await session.execute(statement)
        }

    def ours(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """What holds for the rows of this vault."""
        return (Candidate.chain_id == self.chain_id, Candidate.vault == self.vault)

    def _rows(self, line: StandingLine, context: Context) -> Iterator[dict[str, object]]:
        yield self._row(line, Action.LIQUIDATE, None, liquidation_threshold(line, context.now), line.since)
        yield self._row(line, Action.TERMINATE, None, termination_threshold(line), line.since)
        for standing in line.mandates:
            counted = with_account(standing, context.accounts)
            resolution = context.resolution(line, standing) if counted else None
            threshold = repay_threshold(line, counted or standing, context.now, resolution)
            yield self._row(line, Action.REPAY, counted or standing, threshold, max(line.since, standing.since)) | {
                "share_mark": counted.state.mark if counted and standing.mandate.kind is Kind.SHARE else None,
                "share_carry": counted.state.carry if counted and standing.mandate.kind is Kind.SHARE else None,
            }

    def _row(
        self,
        line: StandingLine,
        action: Action,
        standing: StandingMandate | None,
        threshold: Threshold,
        since: Position,
    ) -> dict[str, object]:
        beyond = threshold.beyond
        occurrences = {Action.LIQUIDATE: line.state.seq, Action.TERMINATE: ONCE}
        return {
            "chain_id": self.chain_id,
            "vault": self.vault,
            "line_id": line.line_id,
            "action": action.value,
            "mandate_hash": standing.mandate_hash if standing else NO_MANDATE,
            "trigger_contract": standing.trigger_contract if standing else None,
            "occurrence": standing.state.fires if standing else occurrences[action],
            "market_id": line.market_id,
            "fire_price_e36": threshold.fire_price,
            "next_due_at": threshold.due_at,
            "feed": beyond.feed if beyond else None,
            "fires_above": beyond.above if beyond else None,
            "fires_below": beyond.below if beyond else None,
            "share_mark": None,
            "share_carry": None,
            "state_block_number": since[0],
            "state_log_index": since[1],
        }


def line_waits() -> ColumnElement[bool]:
    """Whether the candidate's line changed and is yet to be looked at."""
    return exists().where(
        WaitingLine.chain_id == Candidate.chain_id,
        WaitingLine.vault == Candidate.vault,
        WaitingLine.line_id == Candidate.line_id,
    )
