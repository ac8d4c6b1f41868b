"""One chain for a worker's tests of the API; a database and an application for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.api.ground import Ground, prepare
from tests.api.world import World, open_world
from tests.conftest import LocalParts


@pytest.fixture(scope="session")
def ground(local_parts: LocalParts) -> Iterator[Ground]:
    part = local_parts.anvil()
    yield asyncio.run(prepare(part.url))
    local_parts.end(part)


@pytest_asyncio.fixture
async def world(ground: Ground, database_url: str, redis_url: str) -> AsyncIterator[World]:
    async with open_world(ground, database_url, redis_url) as world:
        yield world
