"""How the commands that look into the mirror reach the database, and a provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.schema import require_current_schema
from orchestrator.db.session import open_engine


@asynccontextmanager
async def mirror_database(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Raises DatabaseUnreachable, SchemaOutdated."""
    engine = open_engine(database_url, process="cli")
    try:
        await require_current_schema(engine)
        yield engine
    finally:
        await engine.dispose()
