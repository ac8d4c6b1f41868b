"""The application on a socket, in a thread with an event loop of its own: who asks is not asynchronous."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import uvicorn

from api.identity.scopes import Role
from tests.api.examples import furnish
from tests.api.ground import Ground
from tests.api.keys import make_key
from tests.api.offering import posted
from tests.api.world import QUICK, World, open_world

PATIENT: Final = replace(QUICK, check_timeout_s=30.0, min_block_wait_s=0.01)
"""A server that is merely busy is ready: else `/health/ready` would rightly say that it is not. Nothing is mirrored
meanwhile, so a block that is not there need not be waited for."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is, a key that may do everything, and a path to one of everything by operation id."""

    url: str
    key: str
    paths: dict[str, str]


@contextmanager
def served(ground: Ground, database_url: str, redis_url: str) -> Iterator[Served]:
    """A world with one of everything, until the block ends."""
    ready: Future[tuple[Served, uvicorn.Server]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(ground, database_url, redis_url, ready)), daemon=True)
    thread.start()
    told, server = ready.result()
    try:
        yield told
    finally:
        server.should_exit = True
        thread.join()


async def _serve(
    ground: Ground, database_url: str, redis_url: str, ready: Future[tuple[Served, uvicorn.Server]]
) -> None:
    try:
        async with open_world(ground, database_url, redis_url, PATIENT) as world:
            await posted(world)
            paths = await furnish(world)
            key = await make_key(world.engine, "anybody", list(Role))
            with socket.create_server(("127.0.0.1", 0)) as listener:
                server = uvicorn.Server(uvicorn.Config(_application(world), lifespan="off", log_config=None))
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                ready.set_result((Served(url, key, paths), server))
                await server.serve([listener])
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _application(world: World) -> Any:
    transport = world.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    return transport.app
