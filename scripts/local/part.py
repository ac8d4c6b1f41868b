"""What the embedded parts of the ground have in common: a child, a log file, and a start that says why it failed."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.local.child import Child
from scripts.local.runtime import describe_exit

POLL_S = 0.01
LOG_TAIL_LINES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A running part of the ground. `url` is what the services get; `stop_grace_s` what an orderly stop may take."""

    name: str
    url: str
    child: Child
    stop_grace_s: float

    async def stop(self) -> int:
        return await self.child.stop(self.stop_grace_s)


def clean_environment() -> dict[str, str]:
    """What the embedded programs get to see of our environment: no settings, so no secrets."""
    return {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ} | {"LC_ALL": "C"}


@contextmanager
def log_file(path: Path) -> Iterator[int]:
    """A file descriptor that appends to the log; closed again once the child has it."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


async def until_ready(child: Child, log: Path, is_ready: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
    """Polls until the part answers. If it ends first or takes too long: kills it and raises with the end of its log."""
    deadline = time.monotonic() + timeout_s
    while not await is_ready():
        if child.ended.done():
            raise start_failed(child.name, describe_exit(await child.wait()), log)
        if time.monotonic() > deadline:
            child.kill()
            raise start_failed(child.name, f"did not answer within {timeout_s:.0f} s", log)
        await asyncio.sleep(POLL_S)


def start_failed(name: str, how: str, log: Path) -> CovenantError:
    """The error of a part that did not come up, with the last lines of its log in it."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    said = " | ".join(line.strip() for line in lines if line.strip()) or "nothing"
    return CovenantError(f"the embedded {name} {how}; it said: {said}", f"the whole log is in {log}")
