"""The real indexer as a child, and what can be seen of it from outside: its commits and its memory."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import psycopg

from scripts.local.child import Child, start_child
from scripts.local.notification import listen
from scripts.local.part import log_file
from scripts.local.processes import service
from scripts.local.runtime import Runtime

BLOCKS_CHANNEL: Final = "covenant_blocks"
STOP_GRACE_S: Final = 10.0
LOOK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as another connection saw it: when, and up to which block."""

    seen_at_s: float
    block_number: int


@dataclass
class Commits:
    """All commits of the mirror, in order, as PostgreSQL notifies of them."""

    seen: list[Commit] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, conninfo: str, ready: asyncio.Event) -> None:
        """Until cancelled."""
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {BLOCKS_CHANNEL}")
            ready.set()
            async for notification in connection.notifies():
                self.seen.append(Commit(time.monotonic(), int(notification.payload.partition(":")[2])))
                self._more.set()

    async def reach(self, block_number: int, within_s: float) -> Commit:
        """The first commit from now on that has ``block_number`` in it. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not self.seen or self.seen[-1].block_number < block_number:
                self._more.clear()
                await self._more.wait()
        return next(commit for commit in self.seen if commit.block_number >= block_number)

    async def next(self, within_s: float) -> Commit:
        """The next commit. Raises TimeoutError."""
        known = len(self.seen)
        async with asyncio.timeout(within_s):
            while len(self.seen) == known:
                self._more.clear()
                await self._more.wait()
        return self.seen[known]


@dataclass
class Memory:
    """What a program and its children take of the machine's memory together: a page that two share counts once."""

    peak_mb: float | None = None
    """The most so far, in 10^6 bytes, as far as it was looked at; None where the system does not tell."""

    async def watch(self, pid: int) -> None:
        """Until cancelled, or until the program is gone."""
        root = psutil.Process(pid)
        with suppress(psutil.NoSuchProcess):
            while psutil.LINUX:
                found = [_proportional_set_bytes(one) for one in (root, *root.children(recursive=True))]
                self.peak_mb = max(self.peak_mb or 0.0, sum(found) / 1e6)
                await asyncio.sleep(LOOK_EVERY_S)


def _proportional_set_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


@dataclass(frozen=True, slots=True)
class Indexer:
    """A running indexer. ``spawned_at_s``: when its process was started, ``ready_at_s``: when it began to lead."""

    child: Child
    commits: Commits
    memory: Memory
    spawned_at_s: float
    ready_at_s: float

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        return cpu_seconds(self.child.pid)


def cpu_seconds(pid: int) -> float:
    """Processor time of a program and of those of its children that still run."""
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))


@asynccontextmanager
async def running_indexer(runtime: Runtime, env: Mapping[str, str], conninfo: str, log: Path) -> AsyncIterator[Indexer]:
    """The process that production runs, with these settings. Raises TimeoutError when it does not begin."""
    commits, listening = Commits(), asyncio.Event()
    listener = asyncio.create_task(commits.listen(conninfo, listening))
    await listening.wait()
    spec = service("indexer")
    socket = runtime.directory / "indexer.sock"
    environment = {"PATH": os.environ["PATH"], **env, "NOTIFY_SOCKET": str(socket)}
    async with listen(socket) as notification:
        spawned_at_s = time.monotonic()
        with log_file(log) as output_fd:
            child = await start_child(
                runtime, spec.name, spec.argv, env=environment, output_fd=output_fd, cwd=Path.cwd()
            )
        memory, tasks = Memory(), [listener]
        try:
            async with asyncio.timeout(spec.ready_within_s):
                await notification.ready.wait()
            tasks.append(asyncio.create_task(memory.watch(child.pid)))
            yield Indexer(child, commits, memory, spawned_at_s, time.monotonic())
        finally:
            await child.stop(STOP_GRACE_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
