"""What the doctor reads out of the mirror's own tables."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.lease import acquire_lease
from orchestrator.db.models import Alert, Cursor, Model, Quarantine, Reconciliation
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.mirror.loop import lease_name
from scripts.doctor.diagnosis import Diagnosis, Grade
from scripts.doctor.mirror import check_mirror

CHAIN_ID = 31337
NOW = datetime(2020, 3, 12, tzinfo=UTC)
HASH = "0x" + "ab" * 32


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test", pool_size=1)
    yield engine
    await engine.dispose()


async def store(engine: AsyncEngine, *rows: Model) -> None:
    async with sessions_of(engine)() as session:
        session.add_all(rows)
        await session.commit()


def cursor(number: int, frozen: str | None = None) -> Cursor:
    return Cursor(
        chain_id=CHAIN_ID,
        number=number,
        hash=HASH,
        timestamp=1_584_000_000,
        head_number=number,
        safe_number=0,
        finalized_number=0,
        finalized_hash=HASH,
        epoch=1,
        frozen=frozen,
        updated_at=NOW,
    )


def reconciliation(*, equal: bool) -> Reconciliation:
    return Reconciliation(
        id=uuid.uuid4(),
        chain_id=CHAIN_ID,
        vault="0x" + "01" * 20,
        block_number=7,
        block_hash=HASH,
        facts_compared=1_234,
        equal=equal,
        differences=[] if equal else [{"fact": "line 1 debt"}],
        started_at=NOW,
        finished_at=NOW,
    )


def alert(number: int, resolved_at: datetime | None = None) -> Alert:
    return Alert(
        id=uuid.uuid4(),
        key=f"low_balance:{number}",
        severity="warning",
        message=f"signer {number} is poor",
        hint="send it ether",
        details={},
        count=1,
        raised_at=NOW,
        last_seen_at=NOW,
        resolved_at=resolved_at,
    )


def found(diagnoses: list[Diagnosis], subject: str) -> Diagnosis:
    [diagnosis] = [diagnosis for diagnosis in diagnoses if diagnosis.subject == subject]
    return diagnosis


async def test_a_mirror_that_never_ran_is_a_warning(engine: AsyncEngine) -> None:
    [diagnosis] = await check_mirror(engine, None, CHAIN_ID)
    assert (diagnosis.subject, diagnosis.grade) == ("cursor", Grade.WARN)
    assert "indexer" in diagnosis.remedy


async def test_the_cursor_is_held_against_the_head_of_the_chain(engine: AsyncEngine, anvil: str) -> None:
    await store(engine, cursor(number=5))
    rpc = JsonRpc(anvil)
    try:
        await rpc.call("anvil_mine", (hex(5),))
        assert found(await check_mirror(engine, rpc, CHAIN_ID), "cursor").grade is Grade.OK
        await rpc.call("anvil_mine", (hex(11),))
        behind = found(await check_mirror(engine, rpc, CHAIN_ID), "cursor")
    finally:
        await rpc.aclose()
    assert behind.grade is Grade.WARN
    assert "11 blocks behind" in behind.found


async def test_a_mirror_of_blocks_that_the_chain_does_not_have_is_a_failure(engine: AsyncEngine, anvil: str) -> None:
    await store(engine, cursor(number=500))
    rpc = JsonRpc(anvil)
    try:
        ahead = found(await check_mirror(engine, rpc, CHAIN_ID), "cursor")
    finally:
        await rpc.aclose()
    assert ahead.grade is Grade.FAIL
    assert "500 blocks ahead" in ahead.found


async def test_a_frozen_mirror_is_a_failure_that_says_why(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5, frozen="block 3 is finalized and differs"))
    frozen = found(await check_mirror(engine, None, CHAIN_ID), "cursor")
    assert frozen.grade is Grade.FAIL
    assert "block 3 is finalized and differs" in frozen.found


async def test_a_mirror_that_nobody_writes_is_a_warning_and_a_writer_is_named(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5))
    assert found(await check_mirror(engine, None, CHAIN_ID), "indexer").grade is Grade.WARN
    lease = await acquire_lease(engine, lease_name(CHAIN_ID), "indexer 7", timedelta(seconds=60))
    assert lease is not None
    indexer = found(await check_mirror(engine, None, CHAIN_ID), "indexer")
    assert (indexer.grade, indexer.found) == (Grade.OK, "indexer 7")


async def test_the_last_reconciliation_counts(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5), reconciliation(equal=True))
    assert found(await check_mirror(engine, None, CHAIN_ID), "reconciliation").grade is Grade.OK


async def test_a_mirror_that_differed_from_the_chain_is_a_failure(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5), reconciliation(equal=False))
    assert found(await check_mirror(engine, None, CHAIN_ID), "reconciliation").grade is Grade.FAIL


async def test_quarantined_logs_are_a_warning_until_they_are_resolved(engine: AsyncEngine) -> None:
    log = {"chain_id": CHAIN_ID, "block_number": 3, "block_hash": HASH, "reason": "unknown event"}
    await store(
        engine,
        cursor(number=5),
        Quarantine(**log, log_index=0, resolved_at=None),
        Quarantine(**log, log_index=1, resolved_at=NOW),
    )
    quarantine = found(await check_mirror(engine, None, CHAIN_ID), "quarantine")
    assert quarantine.grade is Grade.WARN
    assert quarantine.found.startswith("1 logs")


async def test_open_alerts_are_shown_with_hint_and_runbook_and_resolved_ones_are_not(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5), alert(1), alert(2, resolved_at=NOW))
    alerts = [item for item in await check_mirror(engine, None, CHAIN_ID) if item.subject.startswith("alert")]
    assert [(item.subject, item.grade, item.remedy) for item in alerts] == [
        ("alert low_balance:1", Grade.WARN, "send it ether (docs/runbooks/low-balance.md)")
    ]


async def test_many_alerts_are_counted_and_not_all_shown(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5), *(alert(number) for number in range(8)))
    alerts = [item for item in await check_mirror(engine, None, CHAIN_ID) if item.subject.startswith("alert")]
    assert len(alerts) == 6
    assert alerts[-1].found == "and 3 more are open"


async def test_another_chains_mirror_is_not_this_ones(engine: AsyncEngine) -> None:
    await store(engine, cursor(number=5))
    [diagnosis] = await check_mirror(engine, None, 1)
    assert diagnosis.grade is Grade.WARN
