"""A chain with our contracts, a mirror, an engine and a sender."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import LocalParts
from tests.integration.triggers.conftest import DeployedChain, deploy
from tests.integration.triggers.ground import SAFE_BEHIND, Service, open_service


@pytest.fixture
def replay_chain(local_parts: LocalParts) -> Iterator[DeployedChain]:
    part = local_parts.anvil(safe_behind=SAFE_BEHIND)
    yield asyncio.run(deploy(part.url))
    local_parts.end(part)


@pytest.fixture
async def service(replay_chain: DeployedChain, database_url: str) -> AsyncIterator[Service]:
    async with open_service(database_url, replay_chain.url, replay_chain.addresses) as service:
        yield service
