"""What keeps engine and sender going: waking up, standing by, and going on after failures that pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.rpc import RpcUnreachable
from orchestrator.db import leading
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.db.wakeups import BLOCKS, INTENTS, Wakeups
from orchestrator.metrics import Metrics
from orchestrator.ticking import tick
from tests.integration.tasks.process import until

LONG_S = 30.0
STALLED = "engine_stalled:31337"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


async def done(condition: bool) -> bool:
    return condition


async def notify(engine: AsyncEngine, channel: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_notify(:channel, '31337')"), {"channel": channel})


async def waited_s(wakeups: Wakeups, timeout_s: float) -> float:
    began = time.monotonic()
    await wakeups.wait(timeout_s)
    return time.monotonic() - began


async def test_a_notification_wakes_and_silence_ends_with_the_poll(engine: AsyncEngine, database_url: str) -> None:
    async with Wakeups(database_url, [BLOCKS]) as wakeups:
        await wakeups.wait(LONG_S)  # whoever begins to listen looks once
        assert await waited_s(wakeups, 0.05) >= 0.05
        await notify(engine, BLOCKS)
        assert await waited_s(wakeups, LONG_S) < LONG_S
        await notify(engine, INTENTS)
        assert await waited_s(wakeups, 0.05) >= 0.05


async def test_what_was_notified_between_two_waits_is_not_lost(engine: AsyncEngine, database_url: str) -> None:
    async with Wakeups(database_url, [BLOCKS]) as wakeups:
        await wakeups.wait(LONG_S)
        await notify(engine, BLOCKS)
        await asyncio.sleep(0.2)
        assert await waited_s(wakeups, LONG_S) < 1


async def test_pitfall_28_a_listener_whose_connection_died_listens_again(
    engine: AsyncEngine, database_url: str
) -> None:
    async with Wakeups(database_url, [BLOCKS]) as wakeups:
        await wakeups.wait(LONG_S)
        async with engine.begin() as connection:
            killed = await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            )
            assert killed.rowcount == 1
        assert await waited_s(wakeups, LONG_S) < LONG_S  # listening again, it looks once more
        await notify(engine, BLOCKS)
        assert await waited_s(wakeups, LONG_S) < LONG_S


async def test_one_leads_and_the_other_takes_over_when_it_stops(engine: AsyncEngine) -> None:
    worked: list[str] = []
    ready: list[str] = []

    async def candidate(name: str) -> None:
        async def work() -> None:
            worked.append(name)
            await asyncio.sleep(LONG_S)

        await leading.lead(engine, "sender:test", work, lambda: ready.append(name))

    first = asyncio.create_task(candidate("first"))
    await until(lambda: done(bool(worked)), "one leads")
    second = asyncio.create_task(candidate("second"))
    await until(lambda: done("second" in ready), "the other stands by")
    assert worked == ["first"]
    first.cancel()
    began = time.monotonic()
    await until(lambda: done(worked == ["first", "second"]), "the other leads")
    assert time.monotonic() - began < leading.LEASE_TTL.total_seconds()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


async def test_a_defect_in_the_work_is_not_hidden_by_the_lease(engine: AsyncEngine) -> None:
    async def defect() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await leading.lead(engine, "sender:test", defect, lambda: None)


async def test_a_failure_that_passes_is_tried_again_and_a_defect_ends_the_loop(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = iter([RpcUnreachable("http://node", "ConnectError"), None, ZeroDivisionError()])

    async def step() -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    alerts = Alerts(sessions_of(engine), Metrics())
    async with Wakeups(database_url, [BLOCKS]) as wakeups:
        with pytest.raises(ZeroDivisionError):
            await tick("engine", step, wakeups, interval_s=0.01, alerts=alerts, alert_key=STALLED)
    assert "the engine pauses: http://node cannot be reached: ConnectError (check RPC_URL and that the node runs)" in (
        caplog.messages
    )


async def test_a_failure_that_lasts_is_told_and_told_over(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.ticking.ALERT_AFTER_S", 0.05)
    alerts = Alerts(sessions_of(engine), Metrics())
    away, seen = True, asyncio.Event()

    async def step() -> None:
        if away:
            raise RpcUnreachable("http://node", "ConnectError")
        seen.set()

    async with Wakeups(database_url, [BLOCKS]) as wakeups:
        ticking = asyncio.create_task(tick("engine", step, wakeups, interval_s=0.01, alerts=alerts, alert_key=STALLED))

        async def told() -> bool:
            return bool(await alerts.open_keys(STALLED))

        async def told_over() -> bool:
            return not await told()

        await until(told, "it is told")
        away = False
        await seen.wait()
        await until(told_over, "it is told over")
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
