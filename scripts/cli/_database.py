"""One look into the database, for nouns that list and show."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.migrate import require_current_schema
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.settings import Settings

T = TypeVar("T")


def look(settings: Settings, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What ``read`` finds. Raises CovenantError when there is no database, or it is not of this version."""
    return asyncio.run(_look(settings.require_database_url(), read))


async def _look(database_url: str, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    engine = open_engine(database_url, process="cli")
    try:
        await require_current_schema(engine)
        async with sessions_of(engine)() as session:
            return await read(session)
    finally:
        await engine.dispose()
