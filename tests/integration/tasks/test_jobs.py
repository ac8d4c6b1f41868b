"""What the periodic jobs find and tell: low balances, a mirror that stands still, feeds gone bad."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from oracles.health import FeedPolicy, FeedStatus
from oracles.judging import judge_feeds
from orchestrator.alerts import Alerts
from orchestrator.chain.quantities import quantity
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import Alert, Cursor, Feed, Lane, OracleRound
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.tasks.housekeeping import LOW_BALANCE_WEI, check_mirror, check_signers
from orchestrator.tasks.reconciliation import reconcile_vault
from tests.integration.tasks.conftest import FEED

CHAIN_ID = 31337
NOW = 1_700_000_000
SIGNER = "0x" + "5e" * 20


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def alerts(engine: AsyncEngine) -> Alerts:
    return Alerts(sessions_of(engine), Metrics())


async def add(engine: AsyncEngine, *rows: Any) -> None:
    async with sessions_of(engine).begin() as session:
        session.add_all(rows)


async def told(engine: AsyncEngine) -> list[str]:
    async with sessions_of(engine)() as session:
        return list(await session.scalars(select(Alert.message).where(Alert.resolved_at.is_(None))))


def cursor(*, behind: int = 0, silent_s: float = 0) -> Cursor:
    return Cursor(
        chain_id=CHAIN_ID, number=100, hash="0x" + "11" * 32, timestamp=NOW, head_number=100 + behind, safe_number=0,
        finalized_number=0, finalized_hash="0x" + "00" * 32, epoch=1,
        updated_at=datetime.now(UTC) - timedelta(seconds=silent_s),
    )  # fmt: skip


def feed() -> Feed:
    return Feed(
        chain_id=CHAIN_ID, address=FEED, pair="ETH/USD", decimals=8, heartbeat_s=3_600, margin_s=300,
        status="unknown", reason="",
    )  # fmt: skip


def answered(number: int, answer: int, *, ago_s: int, block: int | None = None) -> OracleRound:
    return OracleRound(
        chain_id=CHAIN_ID, feed=FEED, round_id=number, answer=answer, updated_at=NOW - ago_s,
        block_number=number if block is None else block, log_index=0, block_hash="0x" + "11" * 32,
        tx_hash="0x" + "22" * 32,
    )  # fmt: skip


async def test_a_signer_that_runs_low_is_told_until_it_is_funded(
    engine: AsyncEngine, anvil: str, alerts: Alerts
) -> None:
    await add(engine, Lane(chain_id=CHAIN_ID, signer=SIGNER, next_nonce=0))
    rpc, metrics = JsonRpc(anvil), Metrics()
    for balance_wei, messages in ((LOW_BALANCE_WEI - 1, 1), (LOW_BALANCE_WEI, 0), (0, 1)):
        await rpc.call("anvil_setBalance", [SIGNER, quantity(balance_wei)])
        await check_signers(engine, rpc, CHAIN_ID, alerts, metrics)
        assert len(await told(engine)) == messages
    (message,) = await told(engine)
    assert message == f"the signer {SIGNER} has 0 wei left, less than {LOW_BALANCE_WEI}"
    assert f'covenant_signer_balance_wei{{signer="{SIGNER}"}} 0.0' in generate_latest(metrics.registry).decode()
    await rpc.aclose()


@pytest.mark.parametrize(("behind", "silent_s", "bad"), [(0, 0, False), (10, 15, False), (11, 0, True), (0, 40, True)])
async def test_a_mirror_that_is_silent_or_behind_is_told(
    engine: AsyncEngine, alerts: Alerts, behind: int, silent_s: int, bad: bool
) -> None:
    await check_mirror(engine, CHAIN_ID, alerts, Metrics())
    assert await told(engine) == []  # there is none yet
    await add(engine, cursor(behind=behind, silent_s=silent_s))
    await check_mirror(engine, CHAIN_ID, alerts, Metrics())
    assert bool(await told(engine)) is bad


async def test_a_mirror_that_moves_again_is_told_no_more(engine: AsyncEngine, alerts: Alerts) -> None:
    await add(engine, cursor(silent_s=40))
    await check_mirror(engine, CHAIN_ID, alerts, Metrics())
    async with engine.begin() as connection:
        await connection.execute(update(Cursor).values(updated_at=datetime.now(UTC)))
    await check_mirror(engine, CHAIN_ID, alerts, Metrics())
    assert await told(engine) == []


async def test_feeds_are_judged_at_the_time_of_the_mirrored_block(engine: AsyncEngine, alerts: Alerts) -> None:
    await add(engine, cursor(), feed(), answered(1, 2_000, ago_s=120), answered(2, 2_010, ago_s=60))
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
    assert (judged.judgement.status, judged.judgement.age_s) == (FeedStatus.FRESH, 60)
    async with sessions_of(engine)() as session:
        row = await session.get_one(Feed, (CHAIN_ID, FEED))
    assert (row.status, row.judged_at_block) == ("fresh", 100)
    assert await told(engine) == []


@pytest.mark.parametrize(
    ("rounds", "status"),
    [
        ([answered(1, 2_000, ago_s=3_700)], FeedStatus.LATE),
        ([answered(1, 2_000, ago_s=4_000)], FeedStatus.STALE),
        ([answered(1, 2_000, ago_s=90), answered(2, 1_000, ago_s=60)], FeedStatus.JUMPED),
        ([answered(1, 2_000, ago_s=90), answered(2, 0, ago_s=60)], FeedStatus.OUT_OF_BOUNDS),
        ([answered(1, 2_000, ago_s=90), answered(2, 2_000, ago_s=NOW)], FeedStatus.STALE),
        ([answered(1, 2_000, ago_s=90), answered(2, 1, ago_s=60, block=101)], FeedStatus.FRESH),
        ([], FeedStatus.UNKNOWN),
    ],
)
async def test_a_bad_feed_is_told_and_one_that_is_a_little_late_is_not(
    engine: AsyncEngine, alerts: Alerts, rounds: list[OracleRound], status: FeedStatus
) -> None:
    await add(engine, cursor(), feed(), *rounds)
    for _ in range(2):
        (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
        assert judged.judgement.status is status
    bad = status in (FeedStatus.STALE, FeedStatus.JUMPED, FeedStatus.OUT_OF_BOUNDS)
    assert len(await told(engine)) == int(bad)


@pytest.mark.parametrize(("late_s", "messages"), [(150, 0), (151, 1), (300, 1)])
async def test_a_feed_that_goes_late_is_told_once_half_of_its_margin_is_gone(
    engine: AsyncEngine, alerts: Alerts, late_s: int, messages: int
) -> None:
    """Pitfall 37: real gaps end within 120 s after the heartbeat; what is later is news, before it stops anything."""
    await add(engine, cursor(), feed(), answered(1, 2_000, ago_s=3_600 + late_s))
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
    assert judged.judgement.status is FeedStatus.LATE
    assert len(await told(engine)) == messages


async def test_a_feed_that_answers_again_is_told_no_more(engine: AsyncEngine, alerts: Alerts) -> None:
    await add(engine, cursor(), feed(), answered(1, 2_000, ago_s=4_000))
    await judge_feeds(engine, CHAIN_ID, alerts)
    assert len(await told(engine)) == 1
    await add(engine, answered(2, 2_001, ago_s=1))
    await judge_feeds(engine, CHAIN_ID, alerts)
    assert await told(engine) == []


async def test_what_a_directory_says_of_a_feed_counts_but_for_how_long_its_adapter_believes_it(
    engine: AsyncEngine, alerts: Alerts
) -> None:
    said = {FEED: FeedPolicy(heartbeat_s=10, margin_s=0, frozen_after=2)}
    await add(engine, cursor(), feed(), answered(1, 2_000, ago_s=120), answered(2, 2_000, ago_s=60))
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts, said)
    assert judged.judgement.status is FeedStatus.FROZEN
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
    assert judged.judgement.status is FeedStatus.FRESH


async def test_after_a_change_of_phase_the_rounds_of_the_new_aggregator_are_judged(
    engine: AsyncEngine, alerts: Alerts
) -> None:
    """Pitfall 35: the new aggregator counts its rounds from one again, and they are the newest all the same."""
    old, new = (1 << 64) + 500, (2 << 64) + 1
    await add(engine, cursor(), feed(), answered(old, 2_000, ago_s=9_000, block=97))
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
    assert judged.judgement.status is FeedStatus.STALE
    await add(engine, answered(new, 2_010, ago_s=30, block=98))
    (judged,) = await judge_feeds(engine, CHAIN_ID, alerts)
    assert (judged.judgement.status, judged.judgement.round_id) == (FeedStatus.FRESH, new)


async def test_without_a_mirror_nothing_is_judged_or_compared(engine: AsyncEngine, anvil: str, alerts: Alerts) -> None:
    rpc = JsonRpc(anvil)
    assert await judge_feeds(engine, CHAIN_ID, alerts) == ()
    await reconcile_vault(engine, ChainReader(rpc), CHAIN_ID, "0x" + "a1" * 20, load_codecs(), alerts, Metrics())
    assert await told(engine) == []
    await rpc.aclose()
