"""What the processes stand on: PostgreSQL, Redis and a chain, each given by the environment or embedded."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.local.anvil import start_anvil
from scripts.local.given import check_database, check_redis, check_rpc
from scripts.local.output import Output
from scripts.local.part import Part
from scripts.local.postgres import start_postgres
from scripts.local.redis import start_redis
from scripts.local.runtime import Runtime, describe_exit, open_runtime
from scripts.local.single_error import single_error
from scripts.local.state import StateDir

Migrate = Callable[[str], None]
"""Brings the database at a URL to the newest schema: `orchestrator.db.migrate.upgrade`."""


class GroundLost(CovenantError):
    """A part of the ground ended while it was needed."""


@dataclass(frozen=True, slots=True)
class Given:
    """The servers that the environment names; None means an embedded one. Several RPC URLs have commas between them."""

    database_url: str | None = None
    redis_url: str | None = None
    rpc_url: str | None = None

    def named(self) -> frozenset[str]:
        """The variables that the environment gave. They may hold secrets, so they are written nowhere."""
        urls = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "RPC_URL": self.rpc_url}
        return frozenset(name for name, url in urls.items() if url)


@dataclass(frozen=True, slots=True)
class Ground:
    """Three servers that answer, with a migrated database. `chain_is_embedded`: ours to mine and to time-travel."""

    runtime: Runtime
    database_url: str
    redis_url: str
    rpc_url: str
    chain_is_embedded: bool
    database_is_embedded: bool

    def env(self) -> dict[str, str]:
        """How the processes find it."""
        urls = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "RPC_URL": self.rpc_url}
        if self.chain_is_embedded:  # anvil speaks both at one port
            urls["RPC_WS_URL"] = self.rpc_url.replace("http://", "ws://", 1)
        return urls


@asynccontextmanager
async def open_ground(
    given: Given, *, migrate: Migrate, logs: Path, output: Output, state: StateDir | None = None
) -> AsyncIterator[Ground]:
    """Starts what is not given, migrates the database, and at the end stops what was started, in reverse order.

    With `state`, embedded data is kept there; without, it is thrown away. Raises CovenantError when a part does not
    come up or a given server does not answer, and GroundLost, out of the block, when a part ends in the middle.
    """
    logs.mkdir(parents=True, exist_ok=True)
    await _check_given(given)
    if state is not None:
        _settle_chain(state, given, output)
    async with open_runtime([state.lock_fd] if state else []) as runtime:
        started: list[Part] = []
        try:
            database = given.database_url or await _start(
                started, output, _postgres(runtime, logs, state), "real PostgreSQL, on a private socket"
            )
            redis = given.redis_url or await _start(
                started, output, start_redis(runtime, logs / "redis.log"), "real Redis, on a private socket"
            )
            rpc = given.rpc_url or await _start(started, output, _anvil(runtime, logs, state), "a local chain")
            async with _watched(runtime, started):
                await asyncio.to_thread(migrate, database)
                yield Ground(
                    runtime, database, redis, rpc,
                    chain_is_embedded=given.rpc_url is None, database_is_embedded=given.database_url is None,
                )  # fmt: skip
        finally:
            for part in reversed(started):
                await _stop(part, state)


async def _check_given(given: Given) -> None:
    if given.database_url:
        await check_database(given.database_url)
    if given.redis_url:
        await check_redis(given.redis_url)
    for url in given.rpc_url.split(",") if given.rpc_url else []:
        await check_rpc(url.strip())


def _settle_chain(state: StateDir, given: Given, output: Output) -> None:
    """An embedded chain that was killed has lost blocks that its mirror still has: both must start afresh."""
    if given.rpc_url is not None or not state.chain_was_lost:
        return
    if given.database_url is not None:
        raise CovenantError(
            "the embedded chain was killed and has lost blocks that the database at DATABASE_URL still mirrors",
            f"give an empty database, and remove {state.path / 'chain.running'}",
        )
    previous = state.put_aside()
    output.say(f"the embedded chain was killed last time: starting afresh (the old state: {previous})", level="warning")


async def _start(started: list[Part], output: Output, starting: Coroutine[None, None, Part], what: str) -> str:
    began = time.monotonic()
    part = await starting
    started.append(part)
    output.say(f"{part.name} is up in {time.monotonic() - began:.1f} s: {what}", url=part.url)
    return part.url


async def _postgres(runtime: Runtime, logs: Path, state: StateDir | None) -> Part:
    data = state.postgres if state else runtime.directory / "postgres"
    return await start_postgres(runtime, data, logs / "postgres.log", keep=state is not None)


async def _anvil(runtime: Runtime, logs: Path, state: StateDir | None) -> Part:
    if state is not None:
        state.mark_running()
    return await start_anvil(runtime, logs / "anvil.log", state=state.chain if state else None)


async def _stop(part: Part, state: StateDir | None) -> None:
    code = await part.stop()
    if part.name == "anvil" and code == 0 and state is not None:
        state.mark_stopped()


@asynccontextmanager
async def _watched(runtime: Runtime, parts: list[Part]) -> AsyncIterator[None]:
    """Cancels the block and raises GroundLost when a part, or the guard, ends within it."""
    with single_error():
        async with asyncio.TaskGroup() as group:
            watches = [group.create_task(_watch(part.name, part.child.wait())) for part in parts]
            watches.append(group.create_task(_watch("the guard of the embedded parts", runtime.guard.wait())))
            try:
                yield
            finally:
                for watch in watches:
                    watch.cancel()


async def _watch(name: str, ending: Coroutine[None, None, int]) -> None:
    how = describe_exit(await ending)
    raise GroundLost(f"{name} {how}; nothing can go on without it, so everything was stopped", "start again")
