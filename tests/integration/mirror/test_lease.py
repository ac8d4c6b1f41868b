"""One writer per chain: whoever lost the lease cannot commit, and a standby goes on."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.lease import LeaseLost, acquire_lease
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.loop import MirrorLoop
from tests.integration.mirror.ground import PRICE, Ground, Mirror, codecs, opened_mirror
from tests.integration.mirror.rows import all_rows, digests_of, position, reach

MINUTE = timedelta(minutes=1)


async def test_a_lease_is_held_by_one(engine: AsyncEngine) -> None:
    assert await acquire_lease(engine, "work", "first", MINUTE) is not None
    assert await acquire_lease(engine, "work", "second", MINUTE) is None
    assert await acquire_lease(engine, "other work", "second", MINUTE) is not None


async def test_an_expired_lease_changes_hands_with_a_new_epoch(engine: AsyncEngine) -> None:
    first = await acquire_lease(engine, "work", "first", timedelta(milliseconds=1))
    await asyncio.sleep(0.01)
    second = await acquire_lease(engine, "work", "second", MINUTE)
    assert first is not None
    assert second is not None
    assert second.epoch == first.epoch + 1
    with pytest.raises(LeaseLost):
        await first.renew(engine)
    await second.renew(engine)


async def test_a_released_lease_is_free_at_once(engine: AsyncEngine) -> None:
    first = await acquire_lease(engine, "work", "first", MINUTE)
    assert first is not None
    await first.release(engine)
    assert await acquire_lease(engine, "work", "second", MINUTE) is not None


async def test_a_takeover_waits_for_the_transaction_that_checked_the_lease(engine: AsyncEngine) -> None:
    first = await acquire_lease(engine, "work", "first", timedelta(milliseconds=1))
    assert first is not None
    await asyncio.sleep(0.01)
    async with engine.begin() as connection:
        await first.check(connection)
        takeover = asyncio.create_task(acquire_lease(engine, "work", "second", MINUTE))
        await asyncio.sleep(0.1)
        assert not takeover.done()
    assert await takeover is not None


async def test_a_writer_that_lost_its_lease_commits_nothing(ground: Ground, mirror: Mirror, chain_url: str) -> None:
    """Invariant 1: however late it notices."""
    async with opened_mirror(mirror.engine, chain_url, ground) as successor:
        await ground.push(PRICE)
        before = await position(mirror.engine)
        with pytest.raises(LeaseLost):
            await mirror.step()
        assert await position(mirror.engine) == before
        await successor.catch_up()
        assert (await position(mirror.engine)).at.number == await ground.head()


async def test_two_writers_at_once_write_each_block_once(
    ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine
) -> None:
    """Even if both believe that they lead: the cursor's row lets one of them pass, and the other plans again."""
    twin = await Mirror.under(mirror.engine, mirror.reader, ground.book(), mirror.lease)
    for _ in range(5):
        await ground.push(PRICE)
        await asyncio.gather(mirror.step(), twin.step())
    async with opened_mirror(other_engine, chain_url, ground) as newcomer:
        await newcomer.catch_up()
    await mirror.catch_up()
    assert await digests_of(mirror.engine) == await digests_of(other_engine)


async def test_a_standby_takes_over_when_the_leader_is_gone(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 28: and nothing but polling moves either of them."""
    reader = ChainReader(JsonRpc(chain_url))
    alerts = Alerts(sessions_of(engine), Metrics())

    def loop() -> MirrorLoop:
        return MirrorLoop(
            engine=engine,
            readers=[reader],
            book=ground.book(),
            codecs=codecs(),
            alerts=alerts,
            poll_interval_s=0.02,
        )

    ready = asyncio.Event()
    leader = asyncio.create_task(loop().run(ready.set))
    await ready.wait()
    standby_ready = asyncio.Event()
    standby = asyncio.create_task(loop().run(standby_ready.set))
    await standby_ready.wait()
    await reach(engine, await ground.head())
    leader.cancel()
    await asyncio.gather(leader, return_exceptions=True)
    await ground.push(PRICE)
    await reach(engine, await ground.head())
    [cursor] = await all_rows(engine, "SELECT epoch FROM cursors")
    assert cursor.epoch == 2
    await ground.push(PRICE)
    await reach(engine, await ground.head())
    standby.cancel()
    await asyncio.gather(standby, return_exceptions=True)
    await reader.aclose()
