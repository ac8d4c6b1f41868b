"""What a test reads from the database, in few words."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import Block, Cursor, Model, OutboxEvent
from orchestrator.mirror.cursor import Position, require_position
from orchestrator.mirror.digest import table_digests
from tests.integration.mirror.ground import CHAIN_ID


async def last_change(engine: AsyncEngine) -> datetime:
    """By which readers know whether what they have made of the mirror's rows still holds."""
    async with engine.connect() as connection:
        return (await connection.execute(select(Cursor.updated_at))).scalar_one()


async def position(engine: AsyncEngine) -> Position:
    async with engine.connect() as connection:
        return await require_position(connection, CHAIN_ID)


async def digests_of(engine: AsyncEngine) -> dict[str, str]:
    """By table."""
    async with engine.connect() as connection:
        return await table_digests(connection, CHAIN_ID, 1)


async def count(engine: AsyncEngine, model: type[Model], **where: Any) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(model).filter_by(**where)) or 0)


async def all_rows(engine: AsyncEngine, query: str, **values: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(query), values)).all())


async def kinds_told(engine: AsyncEngine) -> list[str]:
    """The kinds of all outbox events, in the order in which they were written."""
    async with engine.connect() as connection:
        return list(await connection.scalars(select(OutboxEvent.kind).order_by(OutboxEvent.position)))


async def canonical_chain(engine: AsyncEngine) -> list[Any]:
    """(number, hash, parent hash) of the canonical blocks, oldest first."""
    async with engine.connect() as connection:
        query = select(Block.number, Block.hash, Block.parent_hash).where(Block.canonical).order_by(Block.number)
        return list((await connection.execute(query)).all())


async def until(engine: AsyncEngine, query: str, **values: Any) -> None:
    """Until a query answers yes."""
    async with asyncio.timeout(60):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(text(query), values):
                    return
            await asyncio.sleep(0.02)


async def reach(engine: AsyncEngine, number: int) -> None:
    """Until the mirror is at a block, or beyond it."""
    await until(engine, "SELECT number >= :number FROM cursors", number=number)
