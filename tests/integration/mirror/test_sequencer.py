"""Positions: one order for all events, without gaps, and nobody who reads by position misses one."""

import asyncio
import uuid
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.db.models import OutboxEvent
from orchestrator.delivery.sequencer import Sequencer, assign_positions
from tests.integration.mirror.ground import PRICE, Ground, Mirror


async def tell(connection: AsyncConnection, kind: str, chain_id: int = 1) -> None:
    values: dict[str, Any] = {
        "id": uuid.uuid4(), "chain_id": chain_id, "kind": kind, "block_number": 1, "block_hash": "0x" + "11" * 32,
        "log_index": 0, "tx_hash": "0x" + "22" * 32, "payload": {},
    }  # fmt: skip
    await connection.execute(insert(OutboxEvent).values(values))


async def positions(engine: AsyncEngine) -> list[tuple[int | None, str]]:
    async with engine.connect() as connection:
        query = select(OutboxEvent.position, OutboxEvent.kind).order_by(OutboxEvent.position)
        return [(row.position, row.kind) for row in await connection.execute(query)]


async def test_positions_follow_the_order_of_writing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for kind in ("a", "b", "c"):
            await tell(connection, kind)
    assert await assign_positions(engine) == 3
    assert await positions(engine) == [(1, "a"), (2, "b"), (3, "c")]
    assert await assign_positions(engine) == 0


async def test_an_event_that_commits_late_comes_after_all_that_could_be_read(engine: AsyncEngine) -> None:
    """Invariant 13: identity order is not commit order."""
    async with engine.connect() as slow, engine.connect() as quick:
        await tell(slow, "slow", chain_id=1)
        await tell(quick, "quick", chain_id=2)
        await quick.commit()
        await assign_positions(engine)
        assert await positions(engine) == [(1, "quick")]
        await slow.commit()
    await assign_positions(engine)
    assert await positions(engine) == [(1, "quick"), (2, "slow")]


async def test_sequencers_at_once_leave_neither_gap_nor_double(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for number in range(50):
            await tell(connection, str(number))
    assigned = await asyncio.gather(*(assign_positions(engine) for _ in range(4)))
    assert sum(assigned) == 50
    assert await positions(engine) == [(number + 1, str(number)) for number in range(50)]


async def test_more_events_than_fit_into_one_round_are_all_sequenced(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for number in range(20):
            await tell(connection, str(number))
    assert [await assign_positions(engine, rows=7) for _ in range(4)] == [7, 7, 6, 0]
    assert await positions(engine) == [(number + 1, str(number)) for number in range(20)]


async def test_a_sequencer_is_woken_and_tells_that_there_is_news(engine: AsyncEngine) -> None:
    running = Sequencer(engine, interval_s=60)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.1)
    async with engine.connect() as listener:
        driver = (await listener.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.set_autocommit(True)
        await driver.execute("LISTEN covenant_events")
        async with engine.begin() as connection:
            await tell(connection, "news")
        running.wake()
        heard = [notification.payload async for notification in driver.notifies(timeout=5, stop_after=1)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heard == ["1"]


async def test_what_is_taken_back_comes_after_what_it_takes_back(ground: Ground, mirror: Mirror) -> None:
    """Invariant 13."""
    await ground.push(PRICE)
    await ground.push(PRICE)
    await mirror.catch_up()
    await ground.reorg(2)
    await ground.push(PRICE)
    await mirror.catch_up()
    await assign_positions(mirror.engine)
    async with mirror.engine.connect() as connection:
        late = await connection.scalar(
            text(
                "SELECT count(*) FROM outbox_events back JOIN outbox_events told ON told.id = back.reverts "
                "WHERE back.position < told.position"
            )
        )
    assert late == 0
    kinds = [kind for _, kind in await positions(mirror.engine)]
    assert kinds[-5:] == ["feed.answered"] * 2 + ["feed.answered.reverted"] * 2 + ["feed.answered"]
