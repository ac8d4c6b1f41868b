"""The application of a world at a real address, and clients of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from api.app import create_app
from covenant_client import AsyncClient
from scripts.processes.web import listening, serve
from tests.api.world import World, parts_with


@pytest_asyncio.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Where the world's application listens."""
    with listening("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(serve(create_app(parts_with(world)), listener))
        host, port = listener.getsockname()[:2]
        yield f"http://{host}:{port}"
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest_asyncio.fixture
async def key(world: World) -> str:
    """An operator's."""
    return world.operator["Authorization"].removeprefix("Bearer ")


@pytest_asyncio.fixture
async def client(address: str, key: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(address, api_key=key) as client:
        yield client
