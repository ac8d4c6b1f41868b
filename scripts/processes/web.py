"""The web process: serves the API on COVENANT_API_HOST and COVENANT_API_PORT."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.loops.auto import auto_loop_factory

from api.app import create_app
from api.nodes import Nodes
from api.opening import open_parts
from api.parts import Bounds, Site, Webhooks
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.schema import require_current_schema
from orchestrator.delivery.signing import WebhookSecrets
from orchestrator.errors import CovenantError
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.tasks.redis_urls import client_url
from scripts.processes.deployment import load_book, require_chain
from scripts.processes.entry import run_process

log = logging.getLogger(__name__)

RPC_TIMEOUT_S: Final = 5.0
BACKLOG: Final = 2_048

YOUNG_OBJECTS: Final = 50_000
"""Made between two looks for cycles. Written lines are kept by the ten thousands: requests would wait for each look."""

STOP_GRACE_S: Final = 1
"""How long requests may go on after the stop: together with the rest, the process is gone within 2 seconds."""


class PortUnavailable(CovenantError):
    """The address to listen on is taken, or not ours to take."""


async def run(settings: Settings) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    book = load_book(settings)
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(listening(settings.covenant_api_host, settings.covenant_api_port))
        rpcs = [JsonRpc(url, RPC_TIMEOUT_S) for url in settings.require_rpc_urls()]
        for rpc in rpcs:
            stack.push_async_callback(rpc.aclose)
        parts = await stack.enter_async_context(
            open_parts(
                book,
                settings.require_database_url(),
                client_url(settings.require_redis_url()),
                Nodes(rpcs),
                site_of(settings, listener),
                webhooks=webhooks_of(settings),
                bounds=Bounds(requests_per_minute=settings.covenant_requests_per_minute),
            )
        )
        await require_current_schema(parts.engine)
        try:
            await require_chain(rpcs, book.chain_id)
        except RpcError:
            log.warning("no node answers: prices and new offers have to wait, everything else is served")
        await serve(create_app(parts), listener)


def webhooks_of(settings: Settings) -> Webhooks:
    """Raises UnusableKey."""
    path = settings.covenant_webhook_key_file
    secrets = None if path is None else WebhookSecrets.load(path)
    return Webhooks(secrets, settings.webhook_private_networks())


def site_of(settings: Settings, listener: socket.socket) -> Site:
    """COVENANT_PUBLIC_ORIGIN; without it the address that is listened on, which is right on one's own machine."""
    if settings.covenant_public_origin:
        return Site(settings.covenant_public_origin)
    host, port = settings.covenant_api_host, listener.getsockname()[1]
    return Site(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, so that the port is ours from here on. Port 0 takes any free one.

    Raises:
        PortUnavailable: with the address and what to do.
    """
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK.
        listener = socket.socket(family, socket.SOCK_STREAM, protocol)
    except OSError as error:
        raise PortUnavailable(
            f"{host} is no address of this machine: {error.strerror}", "check COVENANT_API_HOST"
        ) from None
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            raise _unavailable(host, port, error) from None
        yield listener


def _unavailable(host: str, port: int, error: OSError) -> PortUnavailable:
    if error.errno == errno.EADDRINUSE:
        return PortUnavailable(
            f"port {port} of {host} is in use", "stop what listens there, or set COVENANT_API_PORT to another port"
        )
    return PortUnavailable(
        f"{host}:{port} cannot be listened on: {error.strerror}", "check COVENANT_API_HOST and COVENANT_API_PORT"
    )


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the entry point has its own. Says when it listens."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            log.info("listening on http://%s:%d", host, port)
        notify_ready()


async def serve(app: FastAPI, listener: socket.socket) -> None:
    """The API, until cancelled: its streams end first, since they never would by themselves."""
    await serve_until_cancelled(app, listener, before_stop=app.state.broadcast.close)


async def serve_until_cancelled(
    app: FastAPI, listener: socket.socket, *, before_stop: Callable[[], None] = lambda: None
) -> None:
    """Until cancelled; then running requests get a moment to end."""
    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_GRACE_S,
        )
    )
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        before_stop()
        server.should_exit = True
        await serving
        raise


def main() -> int:
    return run_process("web", run, auto_loop_factory())


if __name__ == "__main__":
    sys.exit(main())
