"""Back to an ancestor: what came after it is no longer so, and whoever was told of it is told that."""

from __future__ import annotations

from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.blocks import BlockRef
from orchestrator.db.models import (
    Block,
    Firing,
    LenderEpochVersion,
    Line,
    LineVersion,
    Log,
    Mandate,
    MandateRevocation,
    Market,
    Model,
    NoteTransfer,
    OfferGroupVersion,
    OracleRound,
    Payment,
    Quarantine,
)
from orchestrator.db.models.registry import table_of
from orchestrator.delivery.positions import newest_position
from orchestrator.errors import CovenantError
from orchestrator.mirror.cursor import NotMirrored, canonical_hashes, read_position, set_cursor
from orchestrator.mirror.newest_lines import restore_lines
from orchestrator.mirror.outbox import REVERTED

PROJECTED: tuple[type[Model], ...] = (
    Market,
    LineVersion,
    NoteTransfer,
    Payment,
    OfferGroupVersion,
    LenderEpochVersion,
    Mandate,
    MandateRevocation,
    Firing,
    OracleRound,
)
"""The tables whose rows each belong to one log. `lines` is apart: it holds the newest version of each line."""


class NoSuchBlock(CovenantError):
    """A rewind to a block that is not mirrored."""


# Newest first, so that whoever applies them walks back the way it came. Each event is taken back once.
_TAKE_BACK = text(
    f"""
    INSERT INTO outbox_events
        (id, position, chain_id, vault, line_id, kind, block_number, block_hash, log_index, tx_hash, payload, reverts)
    SELECT gen_random_uuid(), :told + row_number() OVER (ORDER BY position DESC), chain_id, vault, line_id,
           kind || '{REVERTED}', block_number, block_hash, log_index, tx_hash, payload, id
    FROM outbox_events AS told
    WHERE chain_id = :chain_id AND block_number > :ancestor AND reverts IS NULL
      AND NOT EXISTS (SELECT 1 FROM outbox_events AS back WHERE back.reverts = told.id)
    """  # noqa: S608 - a constant only
)


async def rewind_cursor(connection: AsyncConnection, chain_id: int, number: int) -> int:
    """Go back to the canonical block ``number``, for the indexer to read on from there; returns how far back it is.

    Safe while the indexer runs: its next commit finds that the cursor moved, and plans again.

    Raises:
        NotMirrored: the chain was never mirrored.
        NoSuchBlock: the block is not one that the cursor has passed.
    """
    position = await read_position(connection, chain_id, lock=True)
    if position is None:
        raise NotMirrored(f"chain {chain_id} was never mirrored into this database", "start the indexer")
    hashes = await canonical_hashes(connection, chain_id, number, number)
    if number not in hashes or number > position.at.number:
        raise NoSuchBlock(
            f"block {number} is not between the first mirrored block and the cursor at {position.at.number}",
            "see `covenant status`",
        )
    await rewind(connection, chain_id, number)
    await set_cursor(connection, chain_id, BlockRef(number, hashes[number]))
    return position.at.number - number


async def rewind(connection: AsyncConnection, chain_id: int, ancestor: int) -> None:
    """Undo every block above ``ancestor``, within the caller's transaction, which holds the lock on the cursor.

    Rewinding twice changes nothing more.
    """
    told = await connection.scalar(newest_position(chain_id))
    await connection.execute(_TAKE_BACK, {"chain_id": chain_id, "ancestor": ancestor, "told": told})
    after = (Block.chain_id == chain_id, Block.number > ancestor, Block.canonical)
    await connection.execute(update(Block).where(*after).values(canonical=False))
    after = (Log.chain_id == chain_id, Log.block_number > ancestor, Log.canonical)
    await connection.execute(update(Log).where(*after).values(canonical=False))
    models: tuple[type[Model], ...] = (*PROJECTED, Quarantine)
    for table in map(table_of, models):
        await connection.execute(delete(table).where(table.c.chain_id == chain_id, table.c.block_number > ancestor))
    await connection.execute(delete(Line).where(Line.chain_id == chain_id, Line.opened_block_number > ancestor))
    await restore_lines(connection, chain_id, ancestor)
