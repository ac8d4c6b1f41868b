"""One seed from its first block to the verdict: a deadline for each phase, and nothing wrong at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine
from tests.simulation.chain import Chain
from tests.simulation.plan import PROVIDERS, Plan
from tests.simulation.provider import Provider, View, listening
from tests.simulation.stage import Place, Stage
from tests.simulation.told import Told
from tests.simulation.verdict import agrees_with_the_chain, mirror_cleanly, same_by_reindex, same_rows, told_rightly

DEADLINES_S: Final = {"history": 90.0, "calm": 60.0, "verdict": 60.0}


class Stuck(AssertionError):
    """A phase did not come to its end."""


async def simulate(plan: Plan, place: Place, told: Told) -> None:
    """Plays a plan and judges what came of it.

    Raises:
        AssertionError, or a group of them: something is not as it must be. Stuck, Broken and Untrue say what.
    """
    async with AsyncExitStack() as stack:
        rpc = JsonRpc(place.chain_url)
        stack.push_async_callback(rpc.aclose)
        engine = await stack.enter_async_context(_database(place.database_url))
        reference = await stack.enter_async_context(_database(place.reference_url))
        await place.deployed.load_into(rpc)
        chain = Chain(rpc)
        await chain.remember()
        await chain.mine(plan.before)
        async with asyncio.TaskGroup() as tasks:
            stage = Stage(plan, place, chain, engine, told, tasks)
            for number in range(PROVIDERS):
                provider = Provider(f"provider {number}", rpc, View(chain.memory), stage.before_request, told)
                stage.providers.append(await stack.enter_async_context(listening(provider)))
            async with stage.running():
                async with _phase("history", told):
                    await stage.play()
                async with _phase("calm", told):
                    await stage.calm()
                async with _phase("verdict", told):
                    await _judge(stage, reference, ChainReader(rpc))


async def _judge(stage: Stage, reference: AsyncEngine, reader: ChainReader) -> None:
    """The indexer still runs, as it does when a person reconciles or reindexes."""
    place, engine, counts = stage.place, stage.engine, stage.told.counts
    await stage.witness.look(engine)
    await stage.witness.kept(engine)
    await mirror_cleanly(reference, reader, place.deployed.ground)
    digest = await same_rows(engine, reference)
    counts["facts"] = await agrees_with_the_chain(engine, reader, place.deployed.ground)
    counts["events"] = await told_rightly(engine, reference)
    await same_by_reindex(engine, place.database_url, reader, digest)


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url, process="simulation")
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _phase(name: str, told: Told) -> AsyncIterator[None]:
    """Nothing waits for ever."""
    told.say(f"phase: {name}")
    limit = asyncio.timeout(DEADLINES_S[name])
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise Stuck(f"the phase {name!r} was not over after {DEADLINES_S[name]:.0f} s") from None
