"""The mirror again from nothing gives the same rows, repairs what was damaged, and sends nothing."""

import asyncio

import pytest
from sqlalchemy import text

from orchestrator.db.models import Block, OutboxEvent
from orchestrator.mirror.reindex import MirrorFrozen, Reindexed, reindex
from orchestrator.mirror.reorg import FinalizedMismatch
from tests.integration.mirror.ground import CHAIN_ID, PRICE, Ground, Mirror, codecs
from tests.integration.mirror.rows import all_rows, count, digests_of, last_change, position


async def rebuild(mirror: Mirror, database_url: str) -> Reindexed:
    return await reindex(mirror.engine, database_url, mirror.reader, mirror.follower.alerts, CHAIN_ID, codecs())


async def test_a_reindex_finds_the_same_rows_and_sends_nothing(
    ground: Ground, mirror: Mirror, database_url: str
) -> None:
    """Invariant 5."""
    await ground.some_history()
    await mirror.catch_up()
    await ground.reorg(3)
    await ground.push(PRICE)
    await mirror.catch_up()
    told = await count(mirror.engine, OutboxEvent)
    done = await rebuild(mirror, database_url)
    assert done.replaced == ()
    assert done.block == (await position(mirror.engine)).at
    assert await count(mirror.engine, OutboxEvent) == told
    schemas = await all_rows(mirror.engine, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'reindex%'")
    assert schemas == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE lines SET principal = 5",
        "DELETE FROM line_versions WHERE seq = 2",
        "UPDATE oracle_rounds SET answer = 0",
        "DELETE FROM logs WHERE log_index = 0",
        "UPDATE blocks SET timestamp = 0 WHERE number = 20",
    ],
)
async def test_a_reindex_repairs_what_was_damaged(
    ground: Ground, mirror: Mirror, database_url: str, damage: str
) -> None:
    """Invariant 5: built aside, then swapped in."""
    await ground.some_history()
    await mirror.catch_up()
    right = await digests_of(mirror.engine)
    async with mirror.engine.begin() as connection:
        await connection.execute(text(damage))
    table = damage.split()[2 if damage.startswith("DELETE") else 1]
    changed_at = await last_change(mirror.engine)
    assert (await rebuild(mirror, database_url)).replaced == (table,)
    assert await digests_of(mirror.engine) == right
    assert await last_change(mirror.engine) > changed_at
    await ground.push(PRICE)
    await mirror.catch_up()
    assert (await position(mirror.engine)).at.number == await ground.head()


async def test_readers_see_the_old_rows_until_all_the_new_ones_are_there(
    ground: Ground, mirror: Mirror, database_url: str
) -> None:
    """The API stays up: no snapshot is empty, or half of either."""
    await ground.some_history()
    await mirror.catch_up()
    async with mirror.engine.begin() as connection:
        await connection.execute(text("UPDATE lines SET reserve = 7"))
        await connection.execute(text("UPDATE line_versions SET reserve = 7"))
    rebuilding = asyncio.create_task(rebuild(mirror, database_url))
    query = """
        SELECT count(*) AS lines, count(*) FILTER (WHERE lines.reserve = 7 AND line_versions.reserve = 7) AS old
        FROM lines JOIN line_versions USING (chain_id, vault, line_id)
    """
    seen = set()
    while not rebuilding.done():
        [row] = await all_rows(mirror.engine, query)
        seen.add((row.lines, row.old))
    assert (await rebuilding).replaced == ("line_versions", "lines")
    [row] = await all_rows(mirror.engine, query)
    assert row.old == 0
    assert seen <= {(row.lines, row.lines), (row.lines, 0)}
    assert (row.lines, row.lines) in seen


async def test_orphaned_blocks_survive_a_reindex(ground: Ground, mirror: Mirror, database_url: str) -> None:
    """Invariant 4."""
    await ground.push(PRICE)
    await mirror.catch_up()
    await ground.reorg(1)
    await mirror.catch_up()
    async with mirror.engine.begin() as connection:
        await connection.execute(text("UPDATE blocks SET timestamp = 0 WHERE canonical AND number = 3"))
    assert (await rebuild(mirror, database_url)).replaced == ("blocks",)
    assert await count(mirror.engine, Block, canonical=False) == 1


async def test_a_frozen_mirror_is_not_rebuilt(ground: Ground, mirror: Mirror, database_url: str) -> None:
    """Invariant 3: who is right is for people to decide."""
    await ground.mine(100)
    await mirror.catch_up()
    before = await digests_of(mirror.engine)
    await ground.roll_back(90)
    await ground.push(PRICE)
    await ground.mine(100)
    with pytest.raises(FinalizedMismatch):
        await mirror.step()
    with pytest.raises(MirrorFrozen):
        await rebuild(mirror, database_url)
    assert await digests_of(mirror.engine) == before


async def test_a_reindex_while_the_chain_moves_on(ground: Ground, mirror: Mirror, database_url: str) -> None:
    """The indexer keeps running; the rebuild is compared when both are at the same block."""
    await ground.some_history()

    async def keep_following() -> None:
        while True:
            await ground.push(PRICE)
            await mirror.catch_up()
            await asyncio.sleep(0.3)

    following = asyncio.create_task(keep_following())
    await asyncio.sleep(0.1)
    done = await rebuild(mirror, database_url)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert done.replaced == ()
