"""The alert port: a log line, a row that counts, a metric; resolved when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Conditions, Severity
from orchestrator.db.models import Alert
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.metrics import Metrics


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def alerts(engine: AsyncEngine, metrics: Metrics) -> Alerts:
    return Alerts(sessions_of(engine), metrics)


async def rows(engine: AsyncEngine) -> list[Alert]:
    async with sessions_of(engine)() as session:
        return list(await session.scalars(select(Alert).order_by(Alert.raised_at)))


async def raise_(alerts: Alerts, key: str = "feed:1", message: str = "the feed is stale") -> None:
    await alerts.raise_(key, Severity.CRITICAL, message, "check it", {"feed": "0x1"})


async def test_a_condition_that_lasts_is_one_open_row_that_counts(alerts: Alerts, engine: AsyncEngine) -> None:
    await raise_(alerts)
    await raise_(alerts, message="the feed is still stale")
    (row,) = await rows(engine)
    assert (row.count, row.message, row.severity, row.resolved_at) == (2, "the feed is still stale", "critical", None)
    assert row.last_seen_at > row.raised_at


async def test_many_at_once_are_one_row(alerts: Alerts, engine: AsyncEngine) -> None:
    await asyncio.gather(*(raise_(alerts) for _ in range(8)))
    (row,) = await rows(engine)
    assert row.count == 8


async def test_after_it_was_resolved_the_same_condition_opens_a_new_row(alerts: Alerts, engine: AsyncEngine) -> None:
    await raise_(alerts)
    assert await alerts.resolve("feed:1")
    assert not await alerts.resolve("feed:1")
    await raise_(alerts)
    first, second = await rows(engine)
    assert (first.resolved_at is None, second.resolved_at is None) == (False, True)
    assert (first.count, second.count) == (1, 1)


async def test_it_is_logged_when_it_begins_and_when_it_ends(alerts: Alerts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "orchestrator.alerts"):
        await raise_(alerts)
        await raise_(alerts)
        await alerts.resolve("feed:1")
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "alert: the feed is stale"),
        ("INFO", "resolved: the feed is stale"),
    ]


async def test_each_sight_of_it_moves_the_metric_of_its_kind(alerts: Alerts, metrics: Metrics) -> None:
    for key in ("feed:1", "feed:1", "feed:2", "nonce:1"):
        await raise_(alerts, key)
    text = generate_latest(metrics.registry).decode()
    assert 'covenant_alerts_raised_total{kind="feed",severity="critical"} 3.0' in text
    assert 'covenant_alerts_raised_total{kind="nonce",severity="critical"} 1.0' in text


async def test_open_keys_are_found_by_their_beginning(alerts: Alerts) -> None:
    for key in ("line:1", "line:2", "line_x:3", "feed:1"):
        await raise_(alerts, key)
    assert await alerts.open_keys("line:") == {"line:1", "line:2"}
    await alerts.resolve("line:1")
    assert await alerts.open_keys("line:") == {"line:2"}


async def test_a_database_that_is_away_stops_nobody_and_hides_nothing(
    metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = open_engine("postgresql+psycopg://nobody@/none?host=/nowhere", process="test")
    await raise_(Alerts(sessions_of(nowhere), metrics))
    await nowhere.dispose()
    assert "alert without a row (OperationalError): the feed is stale" in caplog.messages
    assert 'kind="feed"' in generate_latest(metrics.registry).decode()


async def test_a_process_that_looks_again_and_again_tells_once_and_knows_what_an_earlier_run_told(
    alerts: Alerts, engine: AsyncEngine
) -> None:
    first_run = Conditions(alerts, ["line:"])
    for _ in range(3):
        await first_run.holds("line:1", Severity.WARNING, "line 1 can be liquidated", "look")
        await first_run.holds("line:2", Severity.WARNING, "line 2 can be liquidated", "look")
    assert [row.count for row in await rows(engine)] == [1, 1]
    second_run = Conditions(alerts, ["line:"])
    await second_run.over_except({"line:2"})
    await second_run.over("line:3")
    assert await alerts.open_keys("line:") == {"line:2"}
