"""One program that runs as our child: started so that nobody can leave it behind, stopped with its whole group."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.local.launch import Plan
from scripts.local.run_as import RunAs
from scripts.local.runtime import Runtime, kill_group

LAUNCH = Path(__file__).with_name("launch.py")
KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Child:
    """A running program. `ended` resolves to its exit code once nothing of its process group is left."""

    name: str
    pid: int
    stop_signal: signal.Signals
    ended: asyncio.Task[int]

    async def wait(self) -> int:
        """The exit code; negative is minus the signal that ended it. Cancelling the wait leaves the program alone."""
        return await asyncio.shield(self.ended)

    async def stop(self, grace_s: float) -> int:
        """Asks it to stop, kills its group if it has not within `grace_s` seconds, and returns the exit code."""
        self._signal(self.stop_signal)
        with suppress(TimeoutError):
            return await asyncio.wait_for(self.wait(), grace_s)
        self.kill()
        return await asyncio.wait_for(self.wait(), KILL_WAIT_S)

    def kill(self) -> None:
        """Ends the whole group at once."""
        if not self.ended.done():
            kill_group(self.pid)

    def _signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


async def start_child(
    runtime: Runtime,
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    output_fd: int,
    cwd: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    run_as: RunAs | None = None,
) -> Child:
    """Starts `argv` (an absolute path first) with stdout and stderr going to `output_fd`, which stays the caller's.

    Must be called from a thread that lives as long as the child: on Linux the child dies with it.
    """
    plan = Plan(
        argv=list(argv),
        owner_pid=os.getpid(),
        guard_fd=runtime.guard_fd,
        stop_signal=stop_signal,
        cwd=str(cwd),
        uid=run_as.uid if run_as else None,
        gid=run_as.gid if run_as else None,
        search=run_as.search if run_as else False,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(LAUNCH), json.dumps(plan),
        stdin=asyncio.subprocess.DEVNULL, stdout=output_fd, stderr=output_fd,
        env=dict(env), pass_fds=[runtime.guard_fd], start_new_session=True,
    )  # fmt: skip
    runtime.started(process.pid)
    return Child(name, process.pid, stop_signal, asyncio.create_task(_end(runtime, process), name=f"wait for {name}"))


async def _end(runtime: Runtime, process: asyncio.subprocess.Process) -> int:
    code = await process.wait()
    runtime.ended(process.pid)
    return code
