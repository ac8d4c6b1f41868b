"""One response is one snapshot: a single REPEATABLE READ, READ ONLY transaction, and the block it shows.

The mirror commits blocks, logs, projections and cursor together, so whatever a snapshot reads belongs to its cursor's
block. "Now" in a response is that block's timestamp, never the wall clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, Query
from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession

from api.parts import Parts, PartsDep
from api.problems import BLOCK_NOT_MIRRORED, DATABASE_UNAVAILABLE, MIRROR_EMPTY, Problem
from api.tokens import Tokens
from api.wire import AsOf, BlockStatus, ChainPosition, Finality, Instant, Int64, Provenance
from orchestrator.chain.book import AddressBook
from orchestrator.credit.units import Timestamp
from orchestrator.db.copy import driver_of
from orchestrator.db.models import Cursor

READ_PROBLEMS: Final = (BLOCK_NOT_MIRRORED, MIRROR_EMPTY, DATABASE_UNAVAILABLE)
"""What every read can answer instead."""

_POLL_S: Final = 0.05


class HasLog(Protocol):
    """A row that says which log it was read from."""

    @property
    def block_number(self) -> int: ...
    @property
    def block_hash(self) -> str: ...
    @property
    def log_index(self) -> int: ...
    @property
    def tx_hash(self) -> str: ...


class CursorFacts(Protocol):
    """Where the mirror stands, and how far the chain is final."""

    @property
    def chain_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def safe_number(self) -> int: ...
    @property
    def finalized_number(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class View:
    """The block that a response shows, and how its facts are written."""

    book: AddressBook
    tokens: Tokens
    cursor: CursorFacts

    @property
    def chain_id(self) -> int:
        return self.cursor.chain_id

    @property
    def version(self) -> tuple[str, datetime]:
        """The same only if nothing that is mirrored has changed: whoever changes it moves or touches the cursor."""
        return self.cursor.hash, self.cursor.updated_at

    @property
    def now(self) -> Timestamp:
        """The timestamp of the block that this snapshot shows."""
        return Timestamp(self.cursor.timestamp)

    @property
    def as_of(self) -> AsOf:
        return as_of_cursor(self.cursor)

    def finality(self, block_number: int) -> Finality:
        """How final a mirrored block is, by the heads that the mirror saw last."""
        if block_number <= self.cursor.finalized_number:
            return "finalized"
        return "safe" if block_number <= self.cursor.safe_number else "latest"

    def provenance(self, row: HasLog) -> Provenance:
        return Provenance(
            block_number=row.block_number,
            block_hash=row.block_hash,
            log_index=row.log_index,
            tx_hash=row.tx_hash,
            finality=self.finality(row.block_number),
        )

    def position(self, block_number: int, block_hash: str, canonical: bool | None) -> ChainPosition:
        """``canonical`` is what the mirror says of the block; None when it has not read it."""
        return ChainPosition(
            block_number=block_number, block_hash=block_hash, finality=self.block_status(block_number, canonical)
        )

    def optional_position(
        self, block_number: int | None, block_hash: str | None, canonical: bool | None
    ) -> ChainPosition | None:
        """The same for what has no block yet."""
        if block_number is None or block_hash is None:
            return None
        return self.position(block_number, block_hash, canonical)

    def block_status(self, block_number: int, canonical: bool | None) -> BlockStatus:
        """As ``finality``, for blocks that may have been replaced, or may not be mirrored yet."""
        if canonical is None:
            return "latest"
        return self.finality(block_number) if canonical else "orphaned"


@dataclass(frozen=True, slots=True)
class Snapshot(View):
    """A session that sees one moment of the database, and the chain's cursor in it."""

    session: AsyncSession

    async def driver(self) -> AsyncConnection[Any]:
        """psycopg's connection beneath the session, in the same transaction."""
        return await driver_of(await self.session.connection())

    async def release(self) -> None:
        """Gives the connection back early, before something slow; what was read stays readable."""
        await self.session.close()


@asynccontextmanager
async def reading(parts: Parts) -> AsyncIterator[AsyncSession]:
    """A session in one read-only transaction that sees one moment of the database."""
    engine = parts.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


async def find_cursor(session: AsyncSession, chain_id: int) -> Cursor | None:
    return await session.get(Cursor, chain_id)


def as_of_cursor(cursor: CursorFacts) -> AsOf:
    return AsOf(
        chain_id=cursor.chain_id,
        block_number=cursor.number,
        block_hash=cursor.hash,
        timestamp=Instant.of_block_time(cursor.timestamp),
    )


MinBlock = Annotated[
    Int64 | None,
    Query(description="Answer from this block or a later one: waits a few seconds for it, then `block_not_mirrored`."),
]


async def snapshot(parts: PartsDep, min_block: MinBlock = None) -> AsyncIterator[Snapshot]:
    """The dependency of every read.

    Raises:
        Problem: nothing is mirrored yet, or not ``min_block`` within the bound.
    """
    if min_block is not None:
        await wait_for_block(parts, min_block)
    async with open_snapshot(parts) as opened:
        yield opened


@asynccontextmanager
async def open_snapshot(parts: Parts) -> AsyncIterator[Snapshot]:
    """Raises Problem when nothing is mirrored yet."""
    async with reading(parts) as session:
        cursor = await find_cursor(session, parts.chain_id)
        if cursor is None:
            raise mirror_empty(parts.chain_id)
        yield Snapshot(parts.book, parts.tokens, cursor, session)


def mirror_empty(chain_id: int) -> Problem:
    return Problem(MIRROR_EMPTY, f"the mirror has no block of chain {chain_id} yet")


SnapshotDep = Annotated[Snapshot, Depends(snapshot, scope="function")]


async def wait_for_block(parts: Parts, min_block: int) -> None:
    """Returns once the block is mirrored. Raises Problem when it is not within the bound.

    Each look is a short transaction of its own: a snapshot held open while waiting would never see the block.
    """
    give_up_at = time.monotonic() + parts.bounds.min_block_wait_s
    while True:
        async with reading(parts) as session:
            cursor = await find_cursor(session, parts.chain_id)
        if cursor is not None and cursor.number >= min_block:
            return
        if time.monotonic() >= give_up_at:
            mirrored = "none" if cursor is None else cursor.number
            raise Problem(
                BLOCK_NOT_MIRRORED,
                f"block {min_block} was asked for, the last mirrored one is {mirrored}",
                headers={"Retry-After": "1"},
            )
        await asyncio.sleep(_POLL_S)
