"""Plays a plan: events on the chain, an engine and a sender that are killed, and somebody who starts them again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from signal import SIGKILL
from typing import Final

import psycopg
from sqlalchemy import func, select

from orchestrator.chain.quantities import quantity
from orchestrator.db.models import EngineCursor, Intent, Trigger
from orchestrator.db.session import Sessions, open_engine, sessions_of
from orchestrator.transactions.states import FINAL
from orchestrator.triggers.states import LIVE
from tests.integration.mirror.ground import Ground, Mirror, opened_mirror
from tests.integration.tasks.process import slowness
from tests.simulation.crashes.forked import fork
from tests.simulation.crashes.plan import ENGINE, SENDER, Kill, Plan
from tests.simulation.crashes.world import WAIT_FOR_BILLS_S, Place
from tests.simulation.told import Told

BLOCK_EVERY_S: Final = 0.03
MIRROR_EVERY_S: Final = 0.01
LOOK_EVERY_S: Final = 0.05
SETTLED_WITHIN_S: Final = 90.0
"""On a machine that does nothing else."""


async def _push(ground: Ground, dollars: int) -> None:
    await ground.push(dollars * 10**8)


async def _bills(ground: Ground) -> None:
    await ground.rpc.call("evm_increaseTime", [quantity(WAIT_FOR_BILLS_S)])


EVENTS: Final[tuple[tuple[str, Callable[[Ground], Awaitable[None]]], ...]] = (
    ("a level is crossed", lambda ground: _push(ground, 1_400)),
    ("the first threshold is crossed", lambda ground: _push(ground, 700)),
    ("the second threshold is crossed", lambda ground: _push(ground, 400)),
    ("two bills are due", _bills),
)


@dataclass
class Stage:
    """What runs while a plan is played."""

    plan: Plan
    place: Place
    told: Told
    sessions: Sessions
    killed: list[Kill] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def silent(cls, place: Place, sessions: Sessions, told: Told) -> Stage:
        """One on which nothing is planned."""
        return cls(Plan(0, (), 1, 0), place, told, sessions)

    async def keep_running(self, name: str) -> None:
        """Starts a process, and again whenever it was killed, until cancelled. Each run meets its own kill."""
        kills = [kill for kill in self.plan.kills if kill.process == name]
        environment = self.place.environment(COVENANT_BATCH_SIZE=str(self.plan.batch_size))
        while True:
            kill = kills.pop(0) if kills else None
            process = fork(self.place.world.forks, name, environment, kill, self.place.directory / f"{name}.log")
            try:
                await ended(process)
            finally:
                if process.is_alive():
                    process.kill()
                process.join()
            assert process.exitcode == -SIGKILL, f"the {name} ended with {process.exitcode}"
            assert kill is not None
            self.killed.append(kill)
            self.told.say(f"killed: {kill}")
            await self._expire_leases()

    async def mine(self) -> None:
        """Blocks at a steady pace, until cancelled."""
        while True:
            await self.place.ground.mine()
            await asyncio.sleep(BLOCK_EVERY_S)

    async def follow(self, mirror: Mirror) -> None:
        """The mirror, until it is over: a COPY that is cancelled spoils its connection."""
        while not self.over.is_set():
            await mirror.catch_up()
            await asyncio.sleep(MIRROR_EVERY_S)

    async def play(self) -> None:
        """The events, one after another, and the time that it takes to settle all of them."""
        await self._until(self._evaluated, "the engine's first evaluation")
        for what, happen in EVENTS:
            await happen(self.place.ground)
            self.told.say(what)
            for _ in range(self.plan.blocks_between):
                await asyncio.sleep(BLOCK_EVERY_S)
        await self._until(self._settled, "everything to be settled")

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        began = time.monotonic()
        while not await condition():
            waited_s = time.monotonic() - began
            assert waited_s < SETTLED_WITHIN_S * slowness(), f"waited {waited_s:.0f} s for {what}, in vain"
            await asyncio.sleep(LOOK_EVERY_S)

    async def _evaluated(self) -> bool:
        async with self.sessions() as session:
            return bool(await session.scalar(select(EngineCursor.block_number >= 0)))

    async def _settled(self) -> bool:
        """Every mandate has a trigger that is done, and nothing is on its way."""
        async with self.sessions() as session:
            done = select(func.count()).select_from(Trigger).where(Trigger.status == "done")
            live = select(func.count()).select_from(Trigger).where(Trigger.status.in_(LIVE))
            on_their_way = select(func.count()).select_from(Intent).where(Intent.status.not_in(FINAL))
            counts = [await session.scalar(statement) for statement in (done, live, on_their_way)]
        return (counts[0] or 0) >= self.place.world.mandates and counts[1:] == [0, 0]

    async def _expire_leases(self) -> None:
        """Lets the time pass that a standby would wait for a leader that was killed."""
        url = self.place.database_url.replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("UPDATE leases SET expires_at = '-infinity' WHERE name LIKE 'sender:%'")


@asynccontextmanager
async def played(plan: Plan, place: Place, told: Told) -> AsyncIterator[Stage]:
    """Everything that the plan says has happened, and is settled; the processes are gone."""
    engine = open_engine(place.database_url, process="crash test")
    try:
        stage = Stage(plan, place, told, sessions_of(engine))
        async with opened_mirror(engine, place.world.rpc_url, place.ground) as mirror:
            await mirror.catch_up()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(stage.follow(mirror))
                running = [
                    tasks.create_task(stage.mine()),
                    tasks.create_task(stage.keep_running(ENGINE)),
                    tasks.create_task(stage.keep_running(SENDER)),
                ]
                await stage.play()
                stage.over.set()
                for task in running:
                    task.cancel()
            await mirror.catch_up()
            yield stage
    finally:
        await engine.dispose()


async def ended(process: ForkServerProcess) -> None:
    """Returns when the process has come to its end."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(process.sentinel)
