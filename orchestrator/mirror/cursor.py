"""How far a chain is mirrored: read by everybody, moved by the committing transaction alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, ScalarSelect, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from orchestrator.chain.blocks import BlockRef, Header
from orchestrator.chain.reader import Heads
from orchestrator.db.models import Block, Cursor
from orchestrator.db.types import Hash
from orchestrator.errors import CovenantError

T = TypeVar("T")


class NotMirrored(CovenantError):
    """A chain has no cursor."""


class HeadsContradict(CovenantError):
    """A provider's finalized block is not an ancestor of its head. Nothing was committed."""

    def __init__(self, finalized: BlockRef, stored: str) -> None:
        super().__init__(
            f"block {finalized.number} is {stored} below the head, but finalized as {finalized.hash}",
            "the mirror asks again; if it lasts, replace the provider",
        )


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor as it was read."""

    at: BlockRef
    timestamp: int
    head_number: int
    safe_number: int
    finalized: BlockRef
    frozen: str | None


async def read_position(connection: AsyncConnection, chain_id: int, *, lock: bool = False) -> Position | None:
    """The cursor of a chain, None before the first. ``lock`` keeps it from moving until the transaction ends."""
    query = select(Cursor.__table__).where(Cursor.chain_id == chain_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else _position(row)


def _position(row: Row[Any]) -> Position:
    return Position(
        at=BlockRef(row.number, row.hash),
        timestamp=row.timestamp,
        head_number=row.head_number,
        safe_number=row.safe_number,
        finalized=BlockRef(row.finalized_number, row.finalized_hash),
        frozen=row.frozen,
    )


async def require_position(connection: AsyncConnection, chain_id: int, *, lock: bool = False) -> Position:
    """As ``read_position``. Raises NotMirrored."""
    position = await read_position(connection, chain_id, lock=lock)
    if position is None:
        raise NotMirrored(f"chain {chain_id} was never mirrored into this database", "start the indexer")
    return position


async def create_cursor(connection: AsyncConnection, chain_id: int, anchor: Header, epoch: int) -> None:
    """Start at ``anchor``: a finalized block before the first one that concerns us."""
    await connection.execute(insert(Block).values(block_row(chain_id, anchor)).on_conflict_do_nothing())
    await connection.execute(
        insert(Cursor).values(
            chain_id=chain_id,
            number=anchor.number,
            hash=anchor.hash,
            timestamp=anchor.timestamp,
            head_number=anchor.number,
            safe_number=anchor.number,
            finalized_number=anchor.number,
            finalized_hash=anchor.hash,
            epoch=epoch,
            updated_at=func.clock_timestamp(),
        )
    )


async def move_cursor(
    connection: AsyncConnection, chain_id: int, before: Position, tip: BlockRef, heads: Heads, epoch: int
) -> Position:
    """Move to ``tip``, a canonical block that is stored. Finality never goes back and never runs ahead of ``tip``.

    Returns where the cursor is now.

    Raises:
        HeadsContradict: the block that the provider calls final is not in the chain that it served.
    """
    finalized = before.finalized.number
    if heads.finalized and heads.finalized.number > finalized:
        finalized = min(heads.finalized.number, tip.number)
        stored = await connection.scalar(select(_canonical(chain_id, finalized, Block.hash)))
        if finalized == heads.finalized.number and stored != heads.finalized.hash:
            raise HeadsContradict(heads.finalized, str(stored))
    safe = max(min(heads.safe.number, tip.number) if heads.safe else 0, finalized)
    moved = await connection.execute(
        update(Cursor)
        .where(Cursor.chain_id == chain_id)
        .values(
            number=tip.number,
            hash=tip.hash,
            timestamp=_canonical(chain_id, tip.number, Block.timestamp),
            head_number=max(heads.latest.number, tip.number),
            safe_number=safe,
            finalized_number=finalized,
            finalized_hash=_canonical(chain_id, finalized, Block.hash),
            epoch=epoch,
            frozen=None,
            updated_at=func.clock_timestamp(),
        )
        .returning(Cursor.__table__)
    )
    return _position(moved.one())


async def set_cursor(connection: AsyncConnection, chain_id: int, to: BlockRef) -> None:
    """Set the cursor back to a canonical block that is stored, and finality with it."""
    await connection.execute(
        update(Cursor)
        .where(Cursor.chain_id == chain_id)
        .values(
            number=to.number,
            hash=to.hash,
            timestamp=_canonical(chain_id, to.number, Block.timestamp),
            safe_number=func.least(Cursor.safe_number, to.number),
            finalized_number=func.least(Cursor.finalized_number, to.number),
            finalized_hash=case(
                (Cursor.finalized_number > to.number, literal(to.hash, Hash())), else_=Cursor.finalized_hash
            ),
            updated_at=func.clock_timestamp(),
        )
    )


async def touch_cursor(connection: AsyncConnection, chain_id: int) -> None:
    """Say that rows have changed though the cursor stays: whoever kept what it made of them makes it again."""
    touched = update(Cursor).where(Cursor.chain_id == chain_id).values(updated_at=func.clock_timestamp())
    await connection.execute(touched)


async def freeze(connection: AsyncConnection, chain_id: int, reason: str) -> None:
    """Say that nobody should act on the mirror. The next move takes it back."""
    await connection.execute(update(Cursor).where(Cursor.chain_id == chain_id).values(frozen=reason))


async def canonical_hashes(connection: AsyncConnection, chain_id: int, first: int, last: int) -> dict[int, str]:
    """Hashes of the canonical blocks ``first`` to ``last`` by number, as far as they are stored."""
    query = select(Block.number, Block.hash).where(
        Block.chain_id == chain_id, Block.canonical, Block.number.between(first, last)
    )
    return {row.number: row.hash for row in await connection.execute(query)}


def block_row(chain_id: int, header: Header) -> dict[str, object]:
    return {
        "chain_id": chain_id,
        "number": header.number,
        "hash": header.hash,
        "parent_hash": header.parent_hash,
        "timestamp": header.timestamp,
        "receipts_root": header.receipts_root,
        "canonical": True,
    }


def _canonical(chain_id: int, number: int, column: InstrumentedAttribute[T]) -> ScalarSelect[T]:
    """A column of the canonical block ``number``, as a subquery."""
    canonical = (Block.chain_id == chain_id, Block.canonical, Block.number == number)
    return select(column).where(*canonical).scalar_subquery()
