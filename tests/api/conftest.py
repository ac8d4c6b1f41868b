"""One chain and one database for a worker's tests of the API, which each test finds empty; an application for each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from orchestrator.db.models import Model
from scripts.local.part import Part
from scripts.local.postgres import conninfo, url_of
from tests.api.ground import Ground, prepare
from tests.api.world import World, open_world
from tests.conftest import LocalParts


@pytest.fixture(scope="session")
def ground(local_parts: LocalParts) -> Iterator[Ground]:
    part = local_parts.anvil()
    yield asyncio.run(prepare(part.url))
    local_parts.end(part)


@pytest.fixture(scope="session")
def database(local_parts: LocalParts, postgres: Part) -> str:
    """The name of a migrated database that goes with its server."""
    return local_parts.database()


@pytest.fixture
def empty_database(local_parts: LocalParts, database: str) -> str:
    """Deleting rows takes milliseconds, where a database of its own would take a checkpoint."""
    tables = [sql.Identifier(table.name) for table in reversed(Model.metadata.sorted_tables)]
    statements = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in tables)
    with psycopg.connect(conninfo(local_parts.socket_dir, database)) as connection:
        connection.execute(statements)
    return url_of(local_parts.socket_dir, database)


@pytest_asyncio.fixture
async def world(ground: Ground, empty_database: str, redis_url: str) -> AsyncIterator[World]:
    async with open_world(ground, empty_database, redis_url) as world:
        yield world


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Each query with its values, as it goes to PostgreSQL."""
    seen: list[tuple[Any, Any]] = []
    execute = psycopg.AsyncCursor.execute

    async def watched(self: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        seen.append((query, params))
        return await execute(self, query, params, **kwargs)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", watched)
    return seen
