"""Two engines and two senders at once, killed now and then, or frozen and woken: ``make duel MINUTES=10``.

Each hour of the chain, every mandate fires once more. At the end each of its occurrences was paid once, by one nonce.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Final

from sqlalchemy import func, select

from orchestrator.chain.quantities import integer, quantity
from orchestrator.db.models import EngineCursor, Intent, Lease, Trigger
from orchestrator.db.session import Sessions, open_engine, sessions_of
from orchestrator.transactions.states import FINAL
from orchestrator.triggers.states import LIVE
from scripts.local.anvil import start_anvil
from scripts.local.runtime import open_runtime
from tests.integration.mirror.ground import BORROWER, HOUR, KEEPER, USDC, Ground, opened_mirror
from tests.integration.tasks.process import slowness
from tests.integration.triggers.ground import ltv_mandate
from tests.simulation.crashes.forked import fork
from tests.simulation.crashes.plan import ENGINE, SENDER
from tests.simulation.crashes.play import Stage, ended
from tests.simulation.crashes.verdict import firings_by_mandate
from tests.simulation.crashes.world import SAFE_BEHIND, Place, open_world
from tests.simulation.told import Told
from tests.simulation.workshop import start_template_server

LINES: Final = 4
CAP: Final = USDC // 2
"""Of each mandate in an hour: so little that its need lasts for hundreds of hours."""

WAVE_EVERY_S: Final = 3.0
TROUBLE_EVERY_S: Final = 2.0
FROZEN_FOR_S: Final = 6.0
TAKEOVER_S: Final = 5.0
SETTLED_WITHIN_S: Final = 60.0
BLOCK_EVERY_S: Final = 0.05
LOOK_EVERY_S: Final = 0.05


def takeover_limit_s() -> float:
    """Five seconds where a process has a core to itself; more where many share one."""
    return TAKEOVER_S * slowness()


@dataclass
class Report:
    """What was done to them, and how long nobody did the work afterwards."""

    kills: int = 0
    freezes: int = 0
    firings: int = 0
    takeovers: int = 0
    longest_takeover_s: float = 0.0
    longest_without_engine_s: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.freezes} freezes, {self.firings} firings; "
            f"{self.takeovers} senders took over within {self.longest_takeover_s:.1f} s; "
            f"no head was evaluated for {self.longest_without_engine_s:.1f} s at most"
        )

    @property
    def longest_s(self) -> float:
        return max(self.longest_takeover_s, self.longest_without_engine_s)


@dataclass
class Duel:
    """Two of each. ``seed`` decides who is in trouble when."""

    place: Place
    sessions: Sessions
    seed: int
    report: Report = field(default_factory=Report)
    running: dict[tuple[str, int], ForkServerProcess] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    sender_in_trouble_since: float | None = None

    async def keep_running(self, name: str, number: int) -> None:
        """One of two, started again whenever it was killed."""
        environment = self.place.environment()
        while True:
            log = self.place.directory / f"{name}-{number}.log"
            process = fork(self.place.world.forks, name, environment, None, log)
            self.running[name, number] = process
            try:
                await ended(process)
            finally:
                if process.is_alive():
                    process.kill()
                process.join()
            assert process.exitcode == -SIGKILL, f"the {name} ended with {process.exitcode}:\n{log.read_text()[-4000:]}"

    async def make_trouble(self) -> None:
        """Kills one of two, or freezes it for longer than its lease lasts; the other of its kind is left alone."""
        random = Random(self.seed)
        while not self.over.is_set():
            await asyncio.sleep(TROUBLE_EVERY_S)
            name = random.choice((ENGINE, SENDER))
            process = self.running[name, random.randrange(2)]
            if process.pid is None or not process.is_alive():
                continue
            if name == SENDER:
                self.sender_in_trouble_since = time.monotonic()
            if random.random() < 0.5:
                os.kill(process.pid, SIGKILL)
                self.report.kills += 1
                continue
            os.kill(process.pid, SIGSTOP)
            self.report.freezes += 1
            await asyncio.sleep(FROZEN_FOR_S)
            os.kill(process.pid, SIGCONT)

    async def pass_hours(self, until: float) -> None:
        """An hour of the chain every few seconds."""
        while time.monotonic() < until:
            await self.place.ground.rpc.call("evm_increaseTime", [quantity(HOUR)])
            await asyncio.sleep(WAVE_EVERY_S)

    async def watch(self) -> None:
        """How long after trouble the lease of the sender has a new epoch, and how long no head is evaluated."""
        evaluated, epoch, moved_at = -1, 0, time.monotonic()
        while not self.over.is_set():
            async with self.sessions() as session:
                block = await session.scalar(select(EngineCursor.block_number)) or -1
                led = await session.scalar(select(Lease.epoch).where(Lease.name.startswith("sender:"))) or 0
            now = time.monotonic()
            if block != evaluated or block < 0:
                evaluated, moved_at = block, now
            self.report.longest_without_engine_s = max(self.report.longest_without_engine_s, now - moved_at)
            if led != epoch and self.sender_in_trouble_since is not None:
                self.report.takeovers += 1
                took_s = now - self.sender_in_trouble_since
                self.report.longest_takeover_s = max(self.report.longest_takeover_s, took_s)
                self.sender_in_trouble_since = None
            epoch = led
            await asyncio.sleep(LOOK_EVERY_S)

    async def settle(self) -> None:
        began = time.monotonic()
        while await self._unsettled():
            waited_s = time.monotonic() - began
            assert waited_s < SETTLED_WITHIN_S * slowness(), f"not settled after {waited_s:.0f} s"
            await asyncio.sleep(LOOK_EVERY_S)

    async def _unsettled(self) -> int:
        """What is on its way, and mandates that have not fired yet: on a busy machine the time was too short for it."""
        async with self.sessions() as session:
            fired = select(func.count(Trigger.mandate_hash.distinct())).where(Trigger.status == "done")
            live = select(func.count()).select_from(Trigger).where(Trigger.status.in_(LIVE))
            on_their_way = select(func.count()).select_from(Intent).where(Intent.status.not_in(FINAL))
            yet_to_fire = LINES - ((await session.scalar(fired)) or 0)
            return yet_to_fire + ((await session.scalar(live)) or 0) + ((await session.scalar(on_their_way)) or 0)


async def lines_that_fire_hourly(ground: Ground) -> int:
    """All above their threshold once the price has fallen."""
    for _ in range(LINES):
        line = await ground.open_line()
        await ground.vault(BORROWER, "depositReserve", line, 400 * USDC)
        await ground.vault(BORROWER, "draw", line, 600 * USDC, BORROWER.address)
        await ground.register_mandate(line, **ltv_mandate(6_000, periodHours=1, capPerPeriod=CAP))
    await ground.push(380 * 10**8)
    return LINES


async def duel(place: Place, seconds: float, seed: int) -> Report:
    """Raises AssertionError that says what does not hold."""
    engine = open_engine(place.database_url, process="duel")
    first_nonce = integer(await place.ground.rpc.call("eth_getTransactionCount", [KEEPER.address, "latest"]))
    try:
        one = Duel(place, sessions_of(engine), seed)
        async with opened_mirror(engine, place.world.rpc_url, place.ground) as mirror:
            stage = Stage.silent(place, one.sessions, Told())
            async with asyncio.TaskGroup() as tasks:
                follower = tasks.create_task(stage.follow(mirror))
                processes = [
                    tasks.create_task(one.keep_running(name, number)) for name in (ENGINE, SENDER) for number in (0, 1)
                ]
                miner = tasks.create_task(stage.mine())
                trouble, watch = tasks.create_task(one.make_trouble()), tasks.create_task(one.watch())
                await one.pass_hours(time.monotonic() + seconds)
                one.over.set()
                await asyncio.gather(trouble, watch)
                await one.settle()
                for task in (*processes, miner):
                    task.cancel()
                stage.over.set()
                await follower
            await _check(place, one, first_nonce)
        return one.report
    finally:
        await engine.dispose()


async def _check(place: Place, one: Duel, first_nonce: int) -> None:
    fired, failed = await firings_by_mandate(place.ground)
    assert not failed, f"firings that failed on-chain: {failed}"
    assert len(fired) == LINES, f"{len(fired)} of {LINES} mandates fired"
    for mandate, occurrences in fired.items():
        assert occurrences == list(range(len(occurrences))), f"{mandate} fired {occurrences}"
    async with one.sessions() as session:
        triggers = (await session.scalars(select(Trigger))).all()
        intents = (await session.scalars(select(Intent).where(Intent.nonce.is_not(None)).order_by(Intent.nonce))).all()
    done: dict[str, Counter[int]] = defaultdict(Counter)
    for trigger in triggers:
        if trigger.status == "done":
            done[trigger.mandate_hash][trigger.occurrence] += 1
    assert {m: sorted(c.elements()) for m, c in done.items()} == fired, "one trigger that is done for each firing"
    used = integer(await place.ground.rpc.call("eth_getTransactionCount", [KEEPER.address, "latest"]))
    assert [intent.nonce for intent in intents] == list(range(first_nonce, used)), "a nonce is missing, or used twice"
    assert {intent.status for intent in intents} == {"finalized"}, [(i.status, i.error) for i in intents]
    one.report.firings = sum(map(len, fired.values()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="duel", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    try:
        report = asyncio.run(_run(given.minutes, given.seed))
    except (AssertionError, ExceptionGroup) as error:
        print(f"FAILED (seed {given.seed}):\n" + "".join(traceback.format_exception(error)))
        return 1
    print(report)
    limit_s = takeover_limit_s()
    in_time = report.longest_s <= limit_s
    print(f"{given.minutes:g} minutes passed" if in_time else f"FAILED: somebody took over later than {limit_s:.1f} s")
    return 0 if in_time else 1


async def _run(minutes: float, seed: int) -> Report:
    async with open_runtime() as runtime:
        server = await start_template_server(runtime)
        log = runtime.directory / "anvil.log"
        anvil = await start_anvil(runtime, log, safe_behind=SAFE_BEHIND, any_code_size=True)
        try:
            world = await open_world(runtime, anvil.url, lines_that_fire_hourly)
            async with world.place() as place:
                return await duel(place, 60 * minutes, seed)
        finally:
            await anvil.stop()
            await server.stop()


if __name__ == "__main__":
    sys.exit(main())
