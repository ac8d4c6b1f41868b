"""What must be so at every moment at which anybody looks into the database, and what was seen there on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.mirror.rewind import PROJECTED


class Untrue(AssertionError):
    """An invariant does not hold."""


# Each query counts what must not be there.
_RULES: Final = {
    "invariant 1: blocks end where the cursor is": """
        SELECT count(*) FROM cursors WHERE (number, hash) IS DISTINCT FROM
            (SELECT (number, hash) FROM blocks WHERE canonical ORDER BY number DESC LIMIT 1)
    """,
    "invariant 1: every canonical log is of a canonical block": """
        SELECT count(*) FROM logs LEFT JOIN blocks ON (blocks.chain_id, blocks.number, blocks.hash)
            = (logs.chain_id, logs.block_number, logs.block_hash) WHERE logs.canonical AND blocks.canonical IS NOT TRUE
    """,
    "invariant 1: every canonical state of a line is projected or in quarantine": """
        SELECT count(*) FROM logs LEFT JOIN line_versions USING (chain_id, block_number, log_index)
            LEFT JOIN quarantine USING (chain_id, block_number, log_index)
        WHERE canonical AND topic0 = :line_state AND line_versions.seq IS NULL AND quarantine.reason IS NULL
    """,
    "invariant 1: what stands of the events told is of canonical logs": """
        SELECT count(*) FROM outbox_events AS told LEFT JOIN logs ON logs.canonical
            AND (logs.chain_id, logs.block_hash, logs.log_index) = (told.chain_id, told.block_hash, told.log_index)
        WHERE told.reverts IS NULL AND logs.address IS NULL
            AND NOT EXISTS (SELECT 1 FROM outbox_events AS back WHERE back.reverts = told.id)
    """,
    "invariant 2: canonical blocks are an unbroken chain": """
        SELECT count(*) FROM (
            SELECT number, parent_hash, lag(number) OVER chain AS before, lag(hash) OVER chain AS parent
            FROM blocks WHERE canonical WINDOW chain AS (ORDER BY number)
        ) AS linked WHERE before IS NOT NULL AND (number, parent_hash) IS DISTINCT FROM (before + 1, parent)
    """,
    "pitfall 20: states of a line follow one another": """
        SELECT count(*) FROM (
            SELECT seq, lag(seq, 1, 0::bigint) OVER (PARTITION BY line_id ORDER BY block_number, log_index) AS before
            FROM line_versions
        ) AS numbered WHERE seq <> before + 1
    """,
    "a line is its newest version": """
        SELECT count(*) FROM lines LEFT JOIN LATERAL (
            SELECT * FROM line_versions AS version
            WHERE (version.vault, version.line_id) = (lines.vault, lines.line_id)
            ORDER BY block_number DESC, log_index DESC LIMIT 1
        ) AS newest ON true
        WHERE (lines.seq, lines.principal, lines.undrawn, lines.collateral, lines.claim_loan) IS DISTINCT FROM
              (newest.seq, newest.principal, newest.undrawn, newest.collateral, newest.claim_loan)
    """,
}


_RULES_OF_PROJECTIONS: Final = {
    f"invariant 1: every row of {model.__tablename__} is of a canonical block": f"""
        SELECT count(*) FROM {model.__tablename__} AS projected LEFT JOIN blocks
            ON (blocks.number, blocks.hash) = (projected.block_number, projected.block_hash)
        WHERE blocks.canonical IS NOT TRUE
    """
    for model in PROJECTED
}
_ALL_RULES: Final = {**_RULES, **_RULES_OF_PROJECTIONS}
_EXCEPTIONS: Final = text("SELECT " + ", ".join(f"({query})" for query in _ALL_RULES.values()))

_STANDING: Final = text("SELECT hash FROM blocks WHERE canonical AND number = :number")


@dataclass
class Witness:
    """Looks again and again, and remembers."""

    line_state: bytes
    blocks: set[bytes] = field(default_factory=set)
    logs: set[tuple[bytes, int]] = field(default_factory=set)
    finalized: tuple[int, bytes] | None = None
    looks: int = 0

    async def look(self, engine: AsyncEngine) -> None:
        """One snapshot of the database. Raises Untrue."""
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        async with snapshot.connect() as connection:
            cursor = (await connection.execute(text("SELECT * FROM cursors"))).one_or_none()
            if cursor is None:
                return
            await self._whole(connection)
            await self._finality(connection, cursor)
            await self.remember(connection)
        self.looks += 1

    def forget_finality(self) -> None:
        """A person took the mirror back: finality goes along."""
        self.finalized = None

    async def remember(self, connection: AsyncConnection) -> None:
        """What was mirrored once, canonical or not."""
        blocks = await connection.execute(text("SELECT hash FROM blocks"))
        logs = await connection.execute(text("SELECT block_hash, log_index FROM logs"))
        self.blocks |= {bytes(row.hash) for row in blocks}
        self.logs |= {(bytes(row.block_hash), row.log_index) for row in logs}

    async def kept(self, engine: AsyncEngine) -> None:
        """Invariant 4: whatever was seen is still there. Raises Untrue."""
        now = Witness(self.line_state)
        async with engine.connect() as connection:
            await now.remember(connection)
        for what, seen, there in (("blocks", self.blocks, now.blocks), ("logs", self.logs, now.logs)):
            if seen - there:
                raise Untrue(f"invariant 4: {len(seen - there)} of {len(seen)} {what} that were mirrored are gone")

    async def _whole(self, connection: AsyncConnection) -> None:
        counts = (await connection.execute(_EXCEPTIONS, {"line_state": self.line_state})).one()
        broken = [f"{rule}: {count} exceptions" for rule, count in zip(_ALL_RULES, counts, strict=True) if count]
        if broken:
            raise Untrue("; ".join(broken))

    async def _finality(self, connection: AsyncConnection, cursor: Any) -> None:
        """Invariant 3: what was final stays, and finality never goes back."""
        now = (cursor.finalized_number, bytes(cursor.finalized_hash))
        if self.finalized is not None:
            number, block_hash = self.finalized
            standing = await connection.scalar(_STANDING, {"number": number})
            if now[0] < number or standing is None or bytes(standing) != block_hash:
                raise Untrue(f"invariant 3: block {number} was final and is not any more")
        self.finalized = now
