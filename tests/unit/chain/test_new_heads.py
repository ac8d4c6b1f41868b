"""Word of new blocks over real sockets: a hint. Whatever the socket does, the waiting ends in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve

from orchestrator.chain import new_heads
from orchestrator.chain.new_heads import NewHeads

LONG_S = 20.0
SHORT_S = 0.05

Talk = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_heads, "FIRST_PAUSE_S", 0.01)


@asynccontextmanager
async def node(talk: Talk) -> AsyncIterator[str]:
    """A node that confirms a subscription and then talks as it likes."""

    async def handler(socket: ServerConnection) -> None:
        request = orjson.loads(await socket.recv())
        assert (request["method"], request["params"]) == ("eth_subscribe", ["newHeads"])
        await talk(socket)

    async with serve(handler, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def announce(socket: ServerConnection) -> None:
    await socket.send('{"jsonrpc":"2.0","method":"eth_subscription","params":{"result":{"number":"0x1"}}}')


async def seconds_of(waiting: Awaitable[None]) -> float:
    began = time.monotonic()
    await waiting
    return time.monotonic() - began


async def test_a_block_ends_the_wait() -> None:
    async def talk(socket: ServerConnection) -> None:
        await announce(socket)
        await socket.wait_closed()

    async with node(talk) as url, NewHeads([url]) as heads:
        assert await seconds_of(heads.wait(LONG_S)) < LONG_S


async def test_without_any_url_it_is_a_sleep() -> None:
    async with NewHeads([]) as heads:
        assert await seconds_of(heads.wait(SHORT_S)) >= SHORT_S * 0.9


async def test_a_node_that_is_down_ends_no_wait_early_and_none_late() -> None:
    async with NewHeads(["ws://127.0.0.1:1"]) as heads:
        for _ in range(3):
            assert SHORT_S * 0.9 <= await seconds_of(heads.wait(SHORT_S)) < LONG_S


async def test_it_subscribes_again_after_a_clean_close() -> None:
    """Pitfall 28."""
    connections: list[ServerConnection] = []

    async def talk(socket: ServerConnection) -> None:
        connections.append(socket)
        if len(connections) < 3:
            await socket.close()
        else:
            await announce(socket)
            await socket.wait_closed()

    async with node(talk) as url, NewHeads([url]) as heads:
        await heads.wait(LONG_S)
        assert len(connections) == 3


async def test_a_subscription_that_has_gone_silent_is_made_again() -> None:
    """Pitfall 28: the socket stays open, and nothing comes any more."""
    connections: list[ServerConnection] = []

    async def talk(socket: ServerConnection) -> None:
        connections.append(socket)
        if len(connections) > 1:
            await announce(socket)
        await socket.wait_closed()

    async with node(talk) as url, NewHeads([url], longest_silence_s=SHORT_S) as heads:
        assert await seconds_of(heads.wait(LONG_S)) < LONG_S
        assert len(connections) >= 2


async def test_leaving_does_not_wait_for_a_node_that_hangs() -> None:
    """Pitfall 28."""
    hanging, released = asyncio.Event(), asyncio.Event()

    async def talk(_socket: ServerConnection) -> None:
        hanging.set()
        await released.wait()

    async with node(talk) as url:
        heads = NewHeads([url])
        await heads.__aenter__()
        await hanging.wait()
        assert await seconds_of(heads.__aexit__(None, None, None)) < LONG_S / 2
        released.set()
