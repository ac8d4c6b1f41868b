"""Everything that a plan acts on. Its clock is the number of requests that the indexer has made."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final, assert_never

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.settings import Settings
from tests.simulation.chain import Chain
from tests.simulation.database import expire_leases, held, rewind_by, somebody_waits, terminate_connections
from tests.simulation.ground import CHAIN_ID, VAULT, Deployed
from tests.simulation.plan import (
    Act,
    Disconnect,
    Grow,
    Kill,
    Lag,
    Misanswer,
    Pin,
    Plan,
    Rejoin,
    Reorg,
    Restart,
    Rewind,
)
from tests.simulation.provider import Provider
from tests.simulation.subject import ProcessSubject, Subject, TaskSubject
from tests.simulation.told import Told
from tests.simulation.witness import Witness

POLL_INTERVAL_MS: Final = 10
RPC_TIMEOUT_MS: Final = 400
LOOK_EVERY_S: Final = 0.15

_ARRIVED: Final = text("SELECT hash = :head AND frozen IS NULL FROM cursors")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is played: a fresh chain, two empty databases of one server, and a directory for files."""

    chain_url: str
    deployed: Deployed
    database_url: str
    reference_url: str
    directory: Path
    forks: ForkServerContext


class Stage:
    """Performs the acts of a plan when they are due. ``tasks`` is where whatever fails is noticed."""

    def __init__(
        self, plan: Plan, place: Place, chain: Chain, engine: AsyncEngine, told: Told, tasks: asyncio.TaskGroup
    ) -> None:
        self.place = place
        self.engine = engine
        self.told = told
        self.providers: list[Provider] = []
        self.witness = Witness(bytes.fromhex(VAULT.topic("LineState")[2:]))
        self._plan = plan
        self._chain = chain
        self._tasks = tasks
        self._acts = deque(plan.acts)
        self._requests_since = 0
        self._turn = asyncio.Lock()
        self._errands: set[asyncio.Task[None]] = set()
        self._all_performed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._replacing = asyncio.Lock()
        self._conninfo = place.database_url.replace("postgresql+psycopg://", "postgresql://", 1)

    async def before_request(self) -> None:
        """A tick of the clock: whatever is due happens before the request is answered."""
        async with self._turn:
            self.told.counts["requests"] += 1
            self._requests_since += 1
            while self._acts and self._acts[0].after <= self._requests_since:
                act = self._acts.popleft().act
                self._requests_since = 0
                self.told.say(str(act))
                self.told.counts[type(act).__name__.lower()] += 1
                try:
                    await self._perform(act)
                except Exception as error:
                    self._tasks.create_task(_fail(error))
                    raise ConnectionError from error
            if not self._acts:
                self._all_performed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The indexer runs, somebody watches it, and it stops well in the end."""
        self._subject = self._new_subject()
        await self._subject.start()
        watching = self._tasks.create_task(self._watch())
        try:
            yield
            watching.cancel()
            await self._subject.stop()
        finally:
            watching.cancel()
            await self._subject.kill()

    async def play(self) -> None:
        """Until all acts are performed, and what they set off is over."""
        await self._all_performed.wait()
        while self._errands:
            await asyncio.wait(self._errands)

    async def calm(self) -> None:
        """No more faults, some last blocks; until the mirror is at the head, with all its events in order."""
        for provider in self.providers:
            provider.disarm()
            provider.view.rejoin()
        async with self._turn:
            await self._chain.mine(self._plan.after)
        head = bytes.fromhex(self._chain.memory.canonical[-1][2:])
        while True:
            async with self.engine.connect() as connection:
                if await connection.scalar(_ARRIVED, {"head": head}):
                    return
            await asyncio.sleep(0.01)

    # ---------------------------------------------------------------- acts

    async def _perform(self, act: Act) -> None:
        match act:
            case Grow():
                await self._chain.mine(act.blocks)
            case Reorg():
                await self._chain.roll_back(act.depth)
                await self._chain.mine(act.blocks)
            case Pin():
                self.providers[act.provider].view.pin()
            case Lag():
                self.providers[act.provider].view.lag = act.blocks
            case Rejoin():
                self.providers[act.provider].view.rejoin()
            case Misanswer():
                self.providers[act.provider].arm(act.fault, act.choice)
            case Kill():
                await self._cut(act.table, lambda: self._kill(act))
            case Disconnect():
                await self._cut(act.table, self._disconnect)
            case Restart():
                self._errand(self._restart())
            case Rewind():
                self._errand(self._rewind(act))
            case _:
                assert_never(act)

    async def _cut(self, table: str | None, blow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Lands a blow once the indexer waits in a transaction for ``table``. Returns when it would have to wait."""
        if table is None:
            self._errand(blow())
            return
        in_place = asyncio.Event()
        self._errand(self._cut_at(table, blow, in_place))
        await in_place.wait()

    async def _cut_at(self, table: str, blow: Callable[[], Coroutine[Any, Any, None]], in_place: asyncio.Event) -> None:
        async with held(self._conninfo, table) as holder:
            in_place.set()
            met = holder is not None and await somebody_waits(holder)
            self.told.say(f"{'inside' if met else 'outside'} a transaction at {table}")
            self.told.counts["cut inside" if met else "cut outside"] += 1
            await blow()

    async def _kill(self, act: Kill) -> None:
        async with self._replacing:
            if act.table is None:
                await asyncio.sleep(act.after_ms / 1000)
            await self._subject.kill()
            self.told.say("killed")
            if not act.patient:
                self._errand(expire_leases(self._conninfo))
            await self._subject.start()

    async def _restart(self) -> None:
        async with self._replacing:
            await self._subject.stop()
            await self._subject.start()

    async def _disconnect(self) -> None:
        ended = await terminate_connections(self._conninfo)
        self.told.say(f"{ended} connections ended")

    async def _rewind(self, act: Rewind) -> None:
        async with self._looking:  # a rewind takes finality along
            to = await rewind_by(self.engine, act.blocks)
            self.witness.forget_finality()
        self.told.say(f"taken back to block {to}")

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that takes its time while the clock goes on."""
        errand = self._tasks.create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    # ---------------------------------------------------------------- the indexer

    async def _watch(self) -> None:
        """Looks at the database and at the process again and again."""
        while True:
            async with self._looking:
                await self.witness.look(self.engine)
            async with self._replacing:
                told = self._subject.gave_up()
                if told is not None:  # as it may while no provider answers; its supervisor starts it again
                    self.told.say(f"gave up: {told}")
                    self.told.counts["gave up"] += 1
                    await self._subject.kill()
                    await self._subject.start()
            await asyncio.sleep(LOOK_EVERY_S)

    def _new_subject(self) -> Subject:
        book = self.place.directory / "book.json"
        self.place.deployed.ground.book().dump(book)
        urls = ",".join(provider.url for provider in self.providers)
        if self._plan.as_process:
            environment = {
                "DATABASE_URL": self.place.database_url,
                "RPC_URL": urls,
                "COVENANT_CHAIN_ID": str(CHAIN_ID),
                "COVENANT_BOOK": str(book),
                "COVENANT_POLL_INTERVAL_MS": str(POLL_INTERVAL_MS),
                "COVENANT_RPC_TIMEOUT_MS": str(RPC_TIMEOUT_MS),
            }
            return ProcessSubject(self.place.forks, environment, self.place.directory / "indexer.log")
        settings = Settings(
            database_url=SecretStr(self.place.database_url),
            rpc_url=SecretStr(urls),
            covenant_chain_id=CHAIN_ID,
            covenant_book=book,
            covenant_poll_interval_ms=POLL_INTERVAL_MS,
            covenant_rpc_timeout_ms=RPC_TIMEOUT_MS,
        )
        return TaskSubject(settings)


async def _fail(error: Exception) -> None:
    raise error
