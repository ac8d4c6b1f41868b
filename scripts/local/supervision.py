"""Keeps processes running: starts them, waits until each is ready, restarts what crashes, stops them together."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.local.child import Child, start_child
from scripts.local.notification import listen
from scripts.local.output import Output
from scripts.local.process_log import carried
from scripts.local.processes import ProcessSpec
from scripts.local.runtime import Runtime, describe_exit
from scripts.local.single_error import single_error

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A process that has run this long before it crashed is restarted without a longer pause.
STABLE_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Supervised:
    """One process and what is needed to start it again."""

    spec: ProcessSpec
    runtime: Runtime
    env: Mapping[str, str]
    logs: Path
    output: Output
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Runs until cancelled, then stops the process.

        Raises CovenantError when the first start fails, or when a process that is not to be restarted fails.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            how = await self._run_once()
            if not self.spec.restart and how == "ended":
                return
            if not self.ready.is_set() or not self.spec.restart:
                raise self._failed(how)
            pause_s = FIRST_PAUSE_S if time.monotonic() - began > STABLE_AFTER_S else pause_s
            self.output.say(f"{self.spec.name} {how}; starting it again in {pause_s:g} s", level="warning")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _run_once(self) -> str:
        """Runs the process to its end and says how it ended: "ended" is code 0 after it was ready."""
        socket = self.runtime.directory / f"{self.spec.name}.sock"
        env = {**os.environ, **self.env, **self.spec.env, "NOTIFY_SOCKET": str(socket), "PYTHONUNBUFFERED": "1"}
        async with carried(self.spec.name, self.log, self.output) as output_fd, listen(socket) as notification:
            child = await start_child(
                self.runtime, self.spec.name, self.spec.argv, env=env, output_fd=output_fd, cwd=Path.cwd()
            )
            try:
                how = await self._until_ready(child, notification.ready)
                return how or _how_ended(await child.wait())
            finally:
                await child.stop(self.spec.stop_grace_s)

    async def _until_ready(self, child: Child, ready: asyncio.Event) -> str | None:
        """None once it is ready, else how it failed to be."""
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait(
                {waiting, child.ended}, timeout=self.spec.ready_within_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
        if ready.is_set():
            self.ready.set()
            return None
        if child.ended.done():
            return f"{describe_exit(child.ended.result())} before it was ready"
        return f"was not ready within {self.spec.ready_within_s:g} s"

    @property
    def log(self) -> Path:
        return self.logs / f"{self.spec.name}.log"

    def _failed(self, how: str) -> CovenantError:
        return CovenantError(f"{self.spec.name} {how}", f"what it wrote is above and in {self.log}")


def _how_ended(code: int) -> str:
    return "ended" if code == 0 else describe_exit(code)


@asynccontextmanager
async def running_processes(
    runtime: Runtime, specs: Sequence[ProcessSpec], *, env: Mapping[str, str], logs: Path, output: Output
) -> AsyncIterator[None]:
    """Starts the processes together and enters the block once all are ready; stops them together at its end.

    Raises CovenantError, also out of the block, when one cannot be started or must not have failed.
    """
    with single_error():
        async with asyncio.TaskGroup() as group:
            supervised = [Supervised(spec, runtime, env, logs, output) for spec in specs]
            tasks = [group.create_task(one.run(), name=one.spec.name) for one in supervised]
            for one in supervised:
                await one.ready.wait()
            yield
            for task in tasks:
                task.cancel()
