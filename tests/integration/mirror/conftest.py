"""A chain with room for reorgs and our contracts on it, the same for each test, and an empty database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine
from scripts.local.part import Part
from scripts.local.postgres import url_of
from tests.conftest import LocalParts
from tests.integration.mirror.ground import Ground, Mirror, opened_mirror


@dataclass
class DeployedChain:
    """A chain that is brought back to just after the deployment before each test."""

    url: str
    addresses: dict[str, str]
    snapshot: str

    async def ground(self, rpc: JsonRpc) -> Ground:
        assert await rpc.call("evm_revert", [self.snapshot])
        self.snapshot = await rpc.call("evm_snapshot")
        await rpc.call("evm_setAutomine", [True])
        await rpc.call("anvil_dropAllTransactions")
        return Ground(rpc, dict(self.addresses))


@pytest.fixture(scope="session")
def deployed_chain(local_parts: LocalParts) -> Iterator[DeployedChain]:
    """Finality is 64 blocks behind."""
    part = local_parts.anvil(safe_behind=32)

    async def deploy() -> DeployedChain:
        rpc = JsonRpc(part.url)
        try:
            ground = await Ground.deployed(rpc)
            return DeployedChain(part.url, ground.addresses, await rpc.call("evm_snapshot"))
        finally:
            await rpc.aclose()

    yield asyncio.run(deploy())
    local_parts.end(part)


@pytest.fixture
def chain_url(deployed_chain: DeployedChain) -> str:
    return deployed_chain.url


@pytest.fixture
async def ground(deployed_chain: DeployedChain) -> AsyncIterator[Ground]:
    rpc = JsonRpc(deployed_chain.url)
    try:
        yield await deployed_chain.ground(rpc)
    finally:
        await rpc.aclose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def other_database_url(local_parts: LocalParts, postgres: Part) -> str:
    return url_of(local_parts.socket_dir, local_parts.database())


@pytest.fixture
async def other_engine(other_database_url: str) -> AsyncIterator[AsyncEngine]:
    """Another empty database."""
    other = open_engine(other_database_url, process="test")
    yield other
    await other.dispose()


@pytest.fixture
async def mirror(ground: Ground, engine: AsyncEngine, chain_url: str) -> AsyncIterator[Mirror]:
    """At the head of the chain."""
    async with opened_mirror(engine, chain_url, ground) as mirror:
        await mirror.catch_up()
        yield mirror
