"""What a new head asks of the engine, found out before anything is locked: which block, and what changed up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orchestrator.credit.units import Timestamp
from orchestrator.db.arrays import among
from orchestrator.db.models import Block, Cursor, EngineCursor, Mandate
from orchestrator.triggers.backlog import Backlog
from orchestrator.triggers.candidates import Candidates
from orchestrator.triggers.cursor import Evaluated, Head, common_ancestor
from orchestrator.triggers.lines import changed_lines

LONG_ABSENCE_S: Final = 3_600
"""After so much time without an evaluation, what became due meanwhile may be most of a book."""

EvaluateAt = Literal["latest", "safe"]


@dataclass(frozen=True, slots=True)
class Work:
    """Attributes:
    head: the block to evaluate.
    since: the cursor that all this was found out from.
    ancestor: the newest block of the evaluated chain that is still in the mirror's; an earlier one after a reorg.
    crowd: more lines changed than a step takes: they are to wait their turn.
    overdue: so do those that became due in a long absence.
    waited: lines whose turn it is.
    changed: all whose candidates are to be worked out anew in this step, in ascending order.
    feeds: that a candidate or a changed mandate waits for.
    shares: (trigger contract, mandate hash) of the SHARE mandates of changed lines.
    """

    head: Head
    since: Evaluated
    ancestor: int
    crowd: bool
    overdue: bool
    waited: Sequence[int]
    changed: Sequence[int]
    feeds: Sequence[str]
    shares: Sequence[tuple[str, str]]

    @property
    def is_new(self) -> bool:
        """Whether the head is yet to be evaluated, or only lines wait that changed up to it."""
        return self.head.block_hash != self.since.block_hash

    @property
    def rewinds(self) -> bool:
        """Whether a reorg took evaluated blocks back."""
        return self.ancestor < self.since.number


async def find_work(
    session: AsyncSession, candidates: Candidates, backlog: Backlog, evaluate_at: EvaluateAt, lines_at_once: int
) -> Work | None:
    """None when the newest block that is believed was evaluated and no line waits, or when nobody should act."""
    chain_id, vault = candidates.chain_id, candidates.vault
    found = await _next_head(session, backlog, evaluate_at)
    if found is None:
        return None
    head, parent_hash, since, absent_s, some_wait = found
    if since.block_hash in (parent_hash, head.block_hash):
        ancestor = since.number
    else:
        ancestor = await common_ancestor(session, chain_id, since)
    if ancestor >= head.number and (not some_wait or head.block_hash != since.block_hash):
        return None
    blocks = {"after": ancestor, "until": head.number}
    changed = set(await session.scalars(_some_changed_lines(chain_id, vault, lines_at_once + 1), blocks))
    if ancestor < since.number:
        changed.update(await session.scalars(candidates.worked_out_after(ancestor).limit(lines_at_once + 1)))
    crowd = len(changed) > lines_at_once
    if crowd:
        changed.clear()
    overdue = absent_s >= LONG_ABSENCE_S and await _is_crowd(
        session, candidates.due_lines(head.timestamp), lines_at_once
    )
    waited = await backlog.first(session, lines_at_once) if some_wait else ()
    changed.update(waited)
    feeds = set(await candidates.feeds(session))
    shares: list[tuple[str, str]] = []
    for mandate in await _mandates_of_feeds(session, chain_id, vault, sorted(changed)):
        feeds.add(mandate.feed)
        if mandate.kind == "share":
            shares.append((mandate.trigger, mandate.mandate_hash))
    return Work(head, since, ancestor, crowd, overdue, waited, sorted(changed), sorted(feeds), shares)


async def _is_crowd(session: AsyncSession, line_ids: Select[int], lines_at_once: int) -> bool:
    return len((await session.scalars(line_ids.limit(lines_at_once + 1))).all()) > lines_at_once


async def _next_head(
    session: AsyncSession, backlog: Backlog, evaluate_at: EvaluateAt
) -> tuple[Head, str, Evaluated, int, bool] | None:
    """The block to evaluate, the hash of its parent, the cursor, seconds from there, and whether lines wait.

    None when nobody may act; no time at all when the evaluated block is not known.
    """
    row = (await session.execute(_newest_head(backlog, evaluate_at))).one_or_none()
    if row is None:
        return None
    number, block_hash, timestamp, parent_hash, evaluated_number, evaluated_hash, absent_s, some_wait = row
    since = Evaluated(evaluated_number, evaluated_hash)
    return Head(number, block_hash, Timestamp(timestamp)), parent_hash, since, absent_s, some_wait


# Putting these statements together takes longer than running them: each is kept.


@lru_cache
def _some_changed_lines(chain_id: int, vault: str, count: int) -> Select[int]:
    return changed_lines(chain_id, vault).limit(count)


@lru_cache
def _newest_head(backlog: Backlog, evaluate_at: EvaluateAt) -> Select[int, str, int, str, int, str, int, bool]:
    believed = Cursor.number if evaluate_at == "latest" else func.least(Cursor.number, Cursor.safe_number)
    evaluated = aliased(Block)
    return (
        select(
            Block.number,
            Block.hash,
            Block.timestamp,
            Block.parent_hash,
            EngineCursor.block_number,
            EngineCursor.block_hash,
            func.coalesce(Block.timestamp - evaluated.timestamp, 0),
            backlog.any_waits(),
        )
        .select_from(Cursor)
        .join(EngineCursor, EngineCursor.chain_id == Cursor.chain_id)
        .join(Block, and_(Block.chain_id == Cursor.chain_id, Block.canonical, Block.number == believed))
        .outerjoin(
            evaluated,
            and_(
                evaluated.chain_id == Cursor.chain_id,
                evaluated.number == EngineCursor.block_number,
                evaluated.hash == EngineCursor.block_hash,
            ),
        )
        .where(Cursor.chain_id == backlog.chain_id, Cursor.frozen.is_(None))
    )


async def _mandates_of_feeds(
    session: AsyncSession, chain_id: int, vault: str, line_ids: Sequence[int]
) -> Sequence[Mandate]:
    """The LEVEL and SHARE mandates of lines."""
    if not line_ids:
        return ()
    statement = select(Mandate).where(
        Mandate.chain_id == chain_id,
        Mandate.vault == vault,
        Mandate.kind.in_(("level", "share")),
        among(Mandate.line_id, line_ids),
    )
    return (await session.scalars(statement)).all()
