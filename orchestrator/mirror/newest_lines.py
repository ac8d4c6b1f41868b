"""The rows of `lines` follow their newest version: forward with new blocks, back with a rewind."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.db.models.lines import StateColumns

STATE_COLUMNS = tuple(StateColumns.__annotations__)

_SET_STATE = ", ".join(f"{name} = newest.{name}" for name in STATE_COLUMNS)

_RESTORE_LINES = text(
    f"""
    UPDATE lines SET {_SET_STATE}, state_block_number = newest.block_number, state_log_index = newest.log_index
    FROM lines AS stale CROSS JOIN LATERAL (
        SELECT * FROM line_versions AS version
        WHERE (version.chain_id, version.vault, version.line_id) = (stale.chain_id, stale.vault, stale.line_id)
        ORDER BY block_number DESC, log_index DESC LIMIT 1
    ) AS newest
    WHERE stale.chain_id = :chain_id AND stale.state_block_number > :ancestor
      AND (lines.chain_id, lines.vault, lines.line_id) = (stale.chain_id, stale.vault, stale.line_id)
    """  # noqa: S608 - column names only
)

_UPDATE_LINES = text(
    f"""
    UPDATE lines SET {_SET_STATE}, state_block_number = newest.block_number, state_log_index = newest.log_index
    FROM (
        SELECT DISTINCT ON (vault, line_id) * FROM line_versions
        WHERE chain_id = :chain_id AND block_number BETWEEN :first AND :last
        ORDER BY vault, line_id, block_number DESC, log_index DESC
    ) AS newest
    WHERE (lines.chain_id, lines.vault, lines.line_id) = (newest.chain_id, newest.vault, newest.line_id)
      AND (newest.block_number, newest.log_index) > (lines.state_block_number, lines.state_log_index)
    """  # noqa: S608 - column names only
)

_ANALYZE_LINES = text("ANALYZE lines")


async def update_lines(connection: AsyncConnection, chain_id: int, first: int, last: int) -> None:
    """Bring `lines` to the newest versions that blocks ``first`` to ``last`` made. An older version never wins."""
    await connection.execute(_UPDATE_LINES, {"chain_id": chain_id, "first": first, "last": last})


async def analyze_lines(engine: AsyncEngine) -> None:
    """Tell the planner how many lines there are.

    Autovacuum looks once a minute. Until then a table that fills quickly is taken for an empty one, in which any index
    is as good as its key: each line is then looked for among all lines.
    """
    async with engine.begin() as connection:
        await connection.execute(_ANALYZE_LINES)


async def restore_lines(connection: AsyncConnection, chain_id: int, ancestor: int) -> None:
    """Bring lines whose state came after ``ancestor`` back to the newest version that is left."""
    await connection.execute(_RESTORE_LINES, {"chain_id": chain_id, "ancestor": ancestor})


# Each state of a line is numbered. A version that does not follow the one before it means that a log is missing.
_SEQUENCE_GAPS = text(
    """
    SELECT version.line_id, version.seq, coalesce(previous.seq, 0) AS previous_seq
    FROM line_versions AS version LEFT JOIN LATERAL (
        SELECT seq FROM line_versions AS earlier
        WHERE (earlier.chain_id, earlier.vault, earlier.line_id) = (version.chain_id, version.vault, version.line_id)
          AND (earlier.block_number, earlier.log_index) < (version.block_number, version.log_index)
        ORDER BY earlier.block_number DESC, earlier.log_index DESC LIMIT 1
    ) AS previous ON true
    WHERE version.chain_id = :chain_id AND version.block_number BETWEEN :first AND :last
      AND version.seq <> coalesce(previous.seq, 0) + 1
    """
)


async def sequence_gaps(connection: AsyncConnection, chain_id: int, first: int, last: int) -> tuple[str, ...]:
    """The versions that blocks ``first`` to ``last`` made and that don't follow the version before them, in words."""
    rows = await connection.execute(_SEQUENCE_GAPS, {"chain_id": chain_id, "first": first, "last": last})
    return tuple(f"line {row.line_id} goes from state {row.previous_seq} to {row.seq}" for row in rows)
