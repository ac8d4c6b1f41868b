"""A line as it was after an earlier block."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.lines.problems import UNKNOWN_BLOCK
from api.lines.rows import LineRow, Place, find_line_as_of_block
from api.parts import Parts
from api.problems import Problem
from api.snapshot import Snapshot, View, find_cursor, mirror_empty, reading
from api.statement import Seen
from orchestrator.db.models import Block, Cursor


async def read_as_of_block(parts: Parts, line_id: int, number: int) -> tuple[View, LineRow | None]:
    """The line after block ``number``, and that block as the one that the response shows; None if it was opened later.

    Raises:
        Problem: the mirror has not passed the block, or has nothing yet.
    """
    async with reading(parts) as session:
        cursor = await find_cursor(session, parts.chain_id)
        if cursor is None:
            raise mirror_empty(parts.chain_id)
        then = await _canonical(session, cursor, number)
        snapshot = Snapshot(parts.book, parts.tokens, then, session)
        place = Place.of(parts.book, block_number=number)
        return snapshot, await find_line_as_of_block(await snapshot.driver(), place, line_id)


async def _canonical(session: AsyncSession, cursor: Cursor, number: int) -> Seen:
    """The block, with the finality that is known now."""
    found = await session.scalar(
        select(Block).where(Block.chain_id == cursor.chain_id, Block.number == number, Block.canonical)
    )
    if found is None or number > cursor.number:
        raise Problem(UNKNOWN_BLOCK, f"block {number} is not between the first mirrored block and {cursor.number}")
    return Seen(
        found.chain_id,
        number,
        found.hash,
        found.timestamp,
        cursor.safe_number,
        cursor.finalized_number,
        cursor.updated_at,
    )
