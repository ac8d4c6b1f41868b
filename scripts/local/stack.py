"""The whole stack, run until it is told to stop: the ground, what must be prepared on it, and the processes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from scripts.local.ground import Given, Ground, Migrate, open_ground
from scripts.local.interrupts import until_interrupted
from scripts.local.output import Output
from scripts.local.processes import ProcessSpec
from scripts.local.state import StateDir
from scripts.local.supervision import running_processes

Prepare = Callable[[Ground], Awaitable[Mapping[str, str]]]
"""Makes the ground fit for the processes (deploys contracts, say) and returns what to add to their environment."""

Limit = Callable[[Sequence[ProcessSpec], Ground], Sequence[ProcessSpec]]
"""Gives each process no more than its work needs: `scripts.local.roles.in_their_roles`."""


async def run_stack(
    given: Given,
    specs: Sequence[ProcessSpec],
    *,
    migrate: Migrate,
    prepare: Prepare,
    limit: Limit,
    state: StateDir,
    output: Output,
    running: str,
) -> None:
    """Runs until Ctrl-C, SIGTERM or SIGHUP; `running` is said once all processes are ready.

    Raises CovenantError when something does not start, and GroundLost when a part of the ground ends.
    """
    logs = state.path / "logs"
    kill_all: list[Callable[[], None]] = []

    async def work() -> None:
        async with open_ground(given, migrate=migrate, logs=logs, output=output, state=state) as ground:
            kill_all.append(ground.runtime.kill_all)
            env = {**ground.env(), **await prepare(ground)}
            embedded = {name: value for name, value in env.items() if name not in given.named()}
            limited = await asyncio.to_thread(limit, specs, ground)
            async with running_processes(ground.runtime, limited, env=env, logs=logs, output=output):
                with state.published(embedded):
                    output.say(running)
                    await asyncio.Event().wait()

    def hurry() -> None:
        output.say("killing what has not stopped yet", level="warning")
        for kill in kill_all:
            kill()

    if await until_interrupted(work(), on_second=hurry):
        output.say("stopped; nothing is left running")
