"""Each test has a database, a mirror, an engine and a sender of its own, and a chain that is as new."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from orchestrator.chain.rpc import JsonRpc
from tests.conftest import LocalParts
from tests.integration.mirror.ground import CHAIN_ID, Ground
from tests.integration.triggers.ground import SAFE_BEHIND, Service, open_service


@dataclass
class DeployedChain:
    """Our contracts on a chain that each test finds as it was just after they were deployed."""

    url: str
    addresses: dict[str, str]
    snapshot: str

    async def restore(self) -> None:
        rpc = JsonRpc(self.url)
        try:
            assert await rpc.call("evm_revert", [self.snapshot])
            self.snapshot = await rpc.call("evm_snapshot")
            await rpc.call("evm_setAutomine", [True])
            await rpc.call("anvil_dropAllTransactions")
        finally:
            await rpc.aclose()


async def deploy(url: str, chain_id: int = CHAIN_ID) -> DeployedChain:
    rpc = JsonRpc(url)
    try:
        ground = await Ground.deployed(rpc, chain_id)
        return DeployedChain(url, ground.addresses, await rpc.call("evm_snapshot"))
    finally:
        await rpc.aclose()


@pytest.fixture(scope="session")
def chain_with_contracts(local_parts: LocalParts) -> Iterator[DeployedChain]:
    """Finality is eight blocks behind."""
    part = local_parts.anvil(safe_behind=SAFE_BEHIND)
    yield asyncio.run(deploy(part.url))
    local_parts.end(part)


@pytest.fixture
async def service(chain_with_contracts: DeployedChain, database_url: str) -> AsyncIterator[Service]:
    await chain_with_contracts.restore()
    async with open_service(database_url, chain_with_contracts.url, chain_with_contracts.addresses) as service:
        yield service


@pytest.fixture
def unstable_chain(local_parts: LocalParts) -> Iterator[str]:
    part = local_parts.anvil(safe_behind=SAFE_BEHIND)
    yield part.url
    local_parts.end(part)


@pytest.fixture
async def reorg_service(unstable_chain: str, database_url: str) -> AsyncIterator[Service]:
    """The same on a chain of the test's own: anvil can't go back to a snapshot after a reorg."""
    chain = await deploy(unstable_chain)
    async with open_service(database_url, chain.url, chain.addresses) as service:
        yield service
