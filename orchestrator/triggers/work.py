"""What a new head asks of the engine, found out before anything is locked: which block, and what changed up to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.units import Timestamp
from orchestrator.db.arrays import among
from orchestrator.db.models import Block, Cursor, EngineCursor, Mandate
from orchestrator.triggers.candidates import Candidates
from orchestrator.triggers.cursor import Evaluated, Head, common_ancestor
from orchestrator.triggers.lines import changed_lines

LINES_AT_ONCE = 1_000

EvaluateAt = Literal["latest", "safe"]


@dataclass(frozen=True, slots=True)
class Work:
    """Attributes:
    head: the block to evaluate.
    since: the cursor that all this was found out from.
    changed: lines whose candidates are to be worked out anew, in ascending order.
    orphaned: lines whose candidates come from blocks that a reorg took back.
    feeds: that a candidate or a changed mandate waits for.
    shares: (trigger contract, mandate hash) of the SHARE mandates of changed lines.
    """

    head: Head
    since: Evaluated
    changed: Sequence[int]
    orphaned: Collection[int]
    feeds: Sequence[str]
    shares: Sequence[tuple[str, str]]


async def find_work(session: AsyncSession, candidates: Candidates, evaluate_at: EvaluateAt) -> Work | None:
    """None when the newest block that is believed was evaluated, or the mirror says that nobody should act."""
    chain_id, vault = candidates.chain_id, candidates.vault
    found = await _next_head(session, chain_id, evaluate_at)
    if found is None:
        return None
    head, parent_hash, since = found
    if parent_hash == since.block_hash:
        ancestor = since.number
    else:
        ancestor = await common_ancestor(session, chain_id, since)
    if ancestor >= head.number:
        return None
    changed = set(await changed_lines(session, chain_id, vault, ancestor, head.number))
    orphaned: Collection[int] = ()
    if ancestor < since.number:
        orphaned = await candidates.worked_out_after(session, ancestor)
        changed.update(orphaned)
    feeds = set(await candidates.feeds(session))
    shares: list[tuple[str, str]] = []
    for mandate in await _mandates_of_feeds(session, chain_id, vault, sorted(changed)):
        feeds.add(mandate.feed)
        if mandate.kind == "share":
            shares.append((mandate.trigger, mandate.mandate_hash))
    return Work(head, since, sorted(changed), orphaned, sorted(feeds), shares)


async def _next_head(
    session: AsyncSession, chain_id: int, evaluate_at: EvaluateAt
) -> tuple[Head, str, Evaluated] | None:
    """The block to evaluate, the hash of its parent, and the cursor."""
    believed = Cursor.number if evaluate_at == "latest" else func.least(Cursor.number, Cursor.safe_number)
    statement = (
        select(
            Block.number,
            Block.hash,
            Block.timestamp,
            Block.parent_hash,
            EngineCursor.block_number,
            EngineCursor.block_hash,
        )
        .select_from(Cursor)
        .join(EngineCursor, EngineCursor.chain_id == Cursor.chain_id)
        .join(Block, and_(Block.chain_id == Cursor.chain_id, Block.canonical, Block.number == believed))
        .where(Cursor.chain_id == chain_id, Cursor.frozen.is_(None), EngineCursor.block_hash != Block.hash)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    number, block_hash, timestamp, parent_hash, evaluated_number, evaluated_hash = row
    return Head(number, block_hash, Timestamp(timestamp)), parent_hash, Evaluated(evaluated_number, evaluated_hash)


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
