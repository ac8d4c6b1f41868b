"""A process of the service as an operator runs it: environment in, log lines out, ready when it says so."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from scripts.local.notification import listen

START_TIMEOUT_S = 30.0
STOP_S = 2.0


def slowness() -> float:
    """How many share a core, as tests do: how much longer things take by the clock. At least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def stop_limit_s() -> float:
    """Two seconds for a process that has a core to itself; more where many share one."""
    return STOP_S * slowness()


class RunningProcess:
    """`output`: everything it wrote."""

    def __init__(self, name: str, child: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.child = child
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Its log, whole lines only: each is one JSON object."""
        return [json.loads(line) for line in self.output.splitlines(keepends=True) if line.endswith("\n")]

    async def stop(self) -> float:
        """Tells it to stop and returns how long that took, in seconds."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.child.wait(), START_TIMEOUT_S * slowness())
        return time.monotonic() - began


@asynccontextmanager
async def running(name: str, environment: Mapping[str, str]) -> AsyncIterator[RunningProcess]:
    """`scripts.processes.<name>`, once it is ready. It is gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="covenant-test-") as folder:
        log = Path(folder) / "log"
        async with listen(Path(folder) / "notify") as notification:
            child = await _start(name, {**environment, "NOTIFY_SOCKET": str(Path(folder) / "notify")}, log)
            process = RunningProcess(name, child, log)
            try:
                ready, ended = asyncio.ensure_future(notification.ready.wait()), asyncio.ensure_future(child.wait())
                limit_s = START_TIMEOUT_S * slowness()
                await asyncio.wait({ready, ended}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
                ready.cancel()
                assert notification.ready.is_set(), f"{name} did not become ready:\n{process.output}"
                yield process
            finally:
                if child.returncode is None:
                    child.kill()
                await child.wait()


async def until(condition: Callable[[], Awaitable[bool]], what: str, *, timeout_s: float = 20.0) -> None:
    """Looks again and again; fails when it takes too long. ``timeout_s``: where a process has a core to itself."""
    began = time.monotonic()
    while not await condition():
        waited_s = time.monotonic() - began
        assert waited_s < timeout_s * slowness(), f"not after {waited_s:.0f} s: {what}"
        await asyncio.sleep(0.05)


async def refused(name: str, environment: Mapping[str, str]) -> str:
    """What a process that can't start says, in one line."""
    with tempfile.TemporaryDirectory(prefix="covenant-test-") as folder:
        log = Path(folder) / "log"
        child = await _start(name, environment, log)
        assert await asyncio.wait_for(child.wait(), START_TIMEOUT_S * slowness()) == 1
        said = log.read_text()
        assert len(said.splitlines()) == 1, said
        return said.rstrip("\n")


async def _start(name: str, environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"scripts.processes.{name}", env={**kept, **environment}, stdout=output, stderr=output
        )
