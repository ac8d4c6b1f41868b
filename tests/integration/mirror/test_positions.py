"""Positions: one order for all events of a chain, without gaps, and nobody who reads by position misses one."""

import asyncio
import uuid
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.db.models import OutboxEvent
from orchestrator.delivery.positions import newest_position
from orchestrator.mirror.rewind import rewind_cursor
from tests.integration.mirror.ground import CHAIN_ID, PRICE, Ground, Mirror
from tests.integration.mirror.rows import all_rows, kinds_told, until

WAITING = (
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND query LIKE '%cursors%'"
)


async def positions(engine: AsyncEngine) -> list[int]:
    return [row.position for row in await all_rows(engine, "SELECT position FROM outbox_events ORDER BY position")]


async def tell(connection: AsyncConnection, chain_id: int, position: int) -> None:
    values: dict[str, Any] = {
        "id": uuid.uuid4(), "position": position, "chain_id": chain_id, "kind": "feed.answered", "block_number": 1,
        "block_hash": "0x" + "11" * 32, "log_index": 0, "tx_hash": "0x" + "22" * 32, "payload": {},
    }  # fmt: skip
    await connection.execute(insert(OutboxEvent).values(values))


async def test_positions_count_the_events_of_a_chain_in_its_order(ground: Ground, mirror: Mirror) -> None:
    """Invariant 13."""
    await ground.some_history()
    await mirror.catch_up()
    told = await all_rows(
        mirror.engine, "SELECT position, block_number, log_index FROM outbox_events ORDER BY position"
    )
    assert [row.position for row in told] == list(range(1, len(told) + 1))
    assert sorted(told, key=lambda row: (row.block_number, row.log_index)) == told


async def test_chains_count_apart(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await tell(connection, 1, 1)
        await tell(connection, 2, 1)
        await tell(connection, 2, 2)
        newest = [await connection.scalar(newest_position(chain_id)) for chain_id in (1, 2, 3)]
    assert newest == [1, 2, 0]


async def test_who_tells_next_waits_and_begins_where_the_one_before_ended(ground: Ground, mirror: Mirror) -> None:
    """Invariant 13: no event becomes visible before one whose position is smaller."""
    for _ in range(3):
        await ground.push(PRICE)
    await mirror.catch_up()
    await ground.push(PRICE)
    before = await positions(mirror.engine)
    async with mirror.engine.connect() as person:
        await rewind_cursor(person, CHAIN_ID, await ground.head() - 3)
        following = asyncio.create_task(mirror.catch_up())
        await until(mirror.engine, WAITING)
        assert await positions(mirror.engine) == before
        await person.commit()
    await following
    assert await positions(mirror.engine) == list(range(1, len(before) + 6))
    assert (await kinds_told(mirror.engine))[-5:] == ["feed.answered.reverted"] * 2 + ["feed.answered"] * 3


async def test_what_is_taken_back_comes_after_what_it_takes_back_the_newest_first(
    ground: Ground, mirror: Mirror
) -> None:
    """Invariant 13."""
    await ground.push(PRICE)
    await ground.push(PRICE)
    await mirror.catch_up()
    await ground.reorg(2)
    await ground.push(PRICE)
    await mirror.catch_up()
    assert (await kinds_told(mirror.engine))[-5:] == ["feed.answered"] * 2 + ["feed.answered.reverted"] * 2 + [
        "feed.answered"
    ]
    async with mirror.engine.connect() as connection:
        backs = await connection.execute(
            text(
                "SELECT told.position FROM outbox_events back JOIN outbox_events told ON told.id = back.reverts "
                "ORDER BY back.position"
            )
        )
        taken_back = list(backs.scalars())
    assert taken_back == sorted(taken_back, reverse=True)
    assert len(taken_back) == 2
