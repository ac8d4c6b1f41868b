"""A chain with our contracts on it and an empty database, new for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine
from scripts.local.part import Part
from scripts.local.postgres import conninfo, url_of
from tests.conftest import LocalParts
from tests.integration.mirror.ground import Ground, Mirror, opened_mirror


def start_chain(local_parts: LocalParts) -> Part:
    """Finality is 64 blocks behind: room for reorgs."""
    return local_parts.anvil(safe_behind=32)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A chain with our contracts, to be loaded into a new chain by each test."""

    state: str
    addresses: dict[str, str]


@pytest.fixture(scope="session")
def deployment(local_parts: LocalParts) -> Deployment:
    part = start_chain(local_parts)

    async def deploy() -> Deployment:
        rpc = JsonRpc(part.url)
        try:
            ground = await Ground.deployed(rpc)
            return Deployment(await rpc.call("anvil_dumpState"), ground.addresses)
        finally:
            await rpc.aclose()

    deployed = asyncio.run(deploy())
    local_parts.end(part)
    return deployed


@pytest.fixture
def chain_url(local_parts: LocalParts) -> Iterator[str]:
    part = start_chain(local_parts)
    yield part.url
    local_parts.end(part)


@pytest.fixture
def other_chain_url(local_parts: LocalParts) -> Iterator[str]:
    """Another empty chain."""
    part = start_chain(local_parts)
    yield part.url
    local_parts.end(part)


@pytest.fixture
async def ground(chain_url: str, deployment: Deployment) -> AsyncIterator[Ground]:
    rpc = JsonRpc(chain_url)
    try:
        assert await rpc.call("anvil_loadState", [deployment.state])
        await rpc.call("anvil_autoImpersonateAccount", [True])
        yield Ground(rpc, dict(deployment.addresses))
    finally:
        await rpc.aclose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def other_database_url(local_parts: LocalParts, postgres: Part) -> Iterator[str]:
    name = local_parts.database()
    yield url_of(local_parts.socket_dir, name)
    with psycopg.connect(conninfo(local_parts.socket_dir, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
