"""One response is one snapshot, says which block it shows, and can be asked to show a block at least."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from api.snapshot import reading
from orchestrator.db.models import Block, Line
from orchestrator.db.session import sessions_of
from tests.api.ground import CHAIN_ID
from tests.api.world import USDC, World, parts_with

READS = (
    "/v1/lines", "/v1/lines/1", "/v1/lines/1/schedule", "/v1/lines/1/history", "/v1/lines/1/ltv",
    "/v1/lines/1/payments", "/v1/lines/1/mandates", "/v1/offers", "/v1/events", "/v1/triggers", "/v1/transactions",
    "/v1/feeds", "/v1/reconciliations", "/v1/alerts",
)  # fmt: skip


async def test_every_read_carries_the_block_that_it_shows(world: World) -> None:
    await world.line()
    for path in READS:
        assert (await world.get(path))["as_of"] == {
            "chain_id": CHAIN_ID,
            "block_number": world.head.number,
            "block_hash": world.head.hash,
            "timestamp": (await world.get("/v1/lines"))["as_of"]["timestamp"],
        }, path


async def test_a_read_sees_one_moment_whatever_the_mirror_commits_meanwhile(world: World) -> None:
    await world.line()
    async with reading(parts_with(world)) as session:
        before = await session.get_one(Line, (CHAIN_ID, world.vault, 1))
        async with sessions_of(world.engine).begin() as mirror:
            await mirror.execute(update(Line).values(principal=1))
        session.expire_all()
        again = await session.get_one(Line, (CHAIN_ID, world.vault, 1))
        assert before is again
        assert again.principal == 10_000 * USDC


async def test_a_read_cannot_write(world: World) -> None:
    async with reading(parts_with(world)) as session:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await session.execute(text("DELETE FROM lines"))


async def test_a_write_after_a_read_on_the_same_pool_can_write(world: World) -> None:
    async with reading(parts_with(world)) as session:
        await session.execute(text("SELECT 1"))
    await world.line()
    assert (await world.get("/v1/lines/1"))["line_id"] == 1


async def test_finality_follows_the_heads_that_the_mirror_saw(world: World) -> None:
    await world.line(1, block=10)
    await world.line(2, block=11)
    await world.line(3, block=12)
    await world.stand_at(replace(world.head, number=12), safe=11, finalized=10)
    lines = (await world.get("/v1/lines"))["items"]
    assert [line["state"]["finality"] for line in lines] == ["finalized", "safe", "latest"]
    assert [line["opened"]["finality"] for line in lines] == ["finalized", "safe", "latest"]


async def test_min_block_is_answered_at_once_when_it_is_there(world: World) -> None:
    body = await world.get("/v1/lines", min_block=world.head.number)
    assert body["as_of"]["block_number"] == world.head.number


async def test_min_block_waits_until_it_is_mirrored(world: World) -> None:
    wanted = world.head.number + 1
    asking = asyncio.create_task(world.client.get("/v1/lines", params={"min_block": wanted}))
    await asyncio.sleep(0.1)
    assert not asking.done()
    await world.stand_at(replace(world.head, number=wanted))
    response = await asking
    assert response.status_code == 200
    assert response.json()["as_of"]["block_number"] == wanted


async def test_min_block_gives_up_with_a_409_that_says_where_the_mirror_is(world: World) -> None:
    response = await world.client.get("/v1/lines", params={"min_block": world.head.number + 1})
    assert response.status_code == 409
    assert response.headers["retry-after"] == "1"
    body = response.json()
    assert body["code"] == "block_not_mirrored"
    assert body["detail"].endswith(f"the last mirrored one is {world.head.number}")


async def test_a_block_that_was_replaced_is_called_orphaned(world: World) -> None:
    await world.block(3, canonical=True)
    orphan = await world.block(3, canonical=False, fork="b")
    reverted = world.event(2, block=3, fork="b")
    await world.write(world.event(1, block=3), reverted, world.event(3, block=99))
    events = (await world.get("/v1/events"))["items"]
    assert [event["finality"] for event in events] == ["finalized", "orphaned", "latest"]
    assert events[1]["block_hash"] == orphan
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(Block).where(Block.hash == orphan).values(canonical=True, number=4))
