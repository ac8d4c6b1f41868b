"""Reorgs: what is no longer so is taken back, what is so now is in its place, and what was final stays."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import Alert, Block, Line, Log, OracleRound, OutboxEvent
from orchestrator.mirror.cursor import HeadsContradict
from orchestrator.mirror.follow import Step
from orchestrator.mirror.reorg import FinalizedMismatch
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, PRICE, USDC, Ground, Mirror, opened_mirror
from tests.integration.mirror.proxy import Past, Proxy, proxied
from tests.integration.mirror.rows import all_rows, canonical_chain, count, digests_of, kinds_told, position


async def assert_like_new(mirror: Mirror, ground: Ground, chain_url: str, fresh: AsyncEngine) -> None:
    """A mirror that never saw the orphaned blocks has the same rows."""
    async with opened_mirror(fresh, chain_url, ground) as newcomer:
        await newcomer.catch_up()
    assert await digests_of(mirror.engine) == await digests_of(fresh)


@pytest.mark.parametrize("depth", [1, 3, 12, 60])
async def test_a_reorg_gives_the_rows_of_a_mirror_that_never_saw_it(
    ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine, depth: int
) -> None:
    await ground.mine(60)
    await ground.some_history()
    await mirror.catch_up()
    await ground.reorg(depth)
    await ground.push(PRICE + 5)
    await mirror.catch_up()
    chain = await canonical_chain(mirror.engine)
    assert [block.number for block in chain] == list(range(await ground.head() + 1))
    await assert_like_new(mirror, ground, chain_url, other_engine)


async def test_a_line_goes_back_to_its_last_state_before_the_reorg(ground: Ground, mirror: Mirror) -> None:
    line_id = await ground.open_line()
    await ground.vault(BORROWER, "draw", line_id, 100 * USDC, BORROWER.address)
    await ground.vault(BORROWER, "draw", line_id, 200 * USDC, BORROWER.address)
    await mirror.catch_up()
    await ground.reorg(1)
    await mirror.catch_up()
    [line] = await all_rows(mirror.engine, "SELECT seq, principal FROM lines")
    assert (line.seq, line.principal) == (2, 100 * USDC)


async def test_a_line_whose_opening_is_undone_is_gone(ground: Ground, mirror: Mirror) -> None:
    await ground.open_line()
    await mirror.catch_up()
    await ground.reorg(1)
    await mirror.catch_up()
    assert await count(mirror.engine, Line) == 0


@pytest.mark.parametrize("more_blocks", [0, 5])
async def test_a_reorg_that_adds_events_to_a_block_that_had_none(
    ground: Ground, mirror: Mirror, more_blocks: int
) -> None:
    """Pitfall 23: the replaced block was empty of our events, and is replaced all the same, however long the branch."""
    await ground.mine(3)
    await mirror.catch_up()
    assert await count(mirror.engine, OracleRound) == 1
    await ground.roll_back(3)
    await ground.push(PRICE + 1)
    in_block = await ground.head()
    await ground.mine(more_blocks)
    await mirror.catch_up()
    rounds = await all_rows(mirror.engine, "SELECT block_number FROM oracle_rounds ORDER BY 1")
    assert rounds[-1].block_number == in_block


async def test_reorgs_back_to_back(ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine) -> None:
    """Pitfall 24: also one that comes while the last is not read to its end."""
    await ground.mine(30)
    await ground.some_history()
    await mirror.catch_up()
    for depth in (5, 9, 2, 20):
        await ground.reorg(depth)
        await ground.push(PRICE + depth)
        await mirror.step()
    await ground.roll_back(4)
    await ground.push(PRICE)
    await mirror.catch_up()
    await assert_like_new(mirror, ground, chain_url, other_engine)


async def test_orphaned_blocks_and_logs_are_kept(ground: Ground, mirror: Mirror) -> None:
    """Invariant 4."""
    await ground.push(PRICE)
    await mirror.catch_up()
    orphan = (await position(mirror.engine)).at
    await ground.reorg(1)
    await mirror.catch_up()
    assert await count(mirror.engine, Block, hash=orphan.hash, canonical=False) == 1
    assert await count(mirror.engine, Log, block_hash=orphan.hash, canonical=False) == 1


async def test_orphaned_blocks_can_become_canonical_again(ground: Ground, engine: AsyncEngine, chain_url: str) -> None:
    """Invariant 4: a provider changes its mind, and changes it back."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await ground.some_history()
        await mirror.catch_up()
        first = await digests_of(engine)
        before = await position(engine)
        past = await Past.record(ground.rpc)
        await ground.reorg(7)
        await mirror.catch_up()
        assert await digests_of(engine) != first
        provider.answer = past
        await mirror.catch_up()
        assert (await position(engine)).at == before.at
        assert await digests_of(engine) == first
        assert await count(engine, Block, canonical=False) == 7


async def test_what_was_told_is_taken_back_once_and_newest_first(ground: Ground, mirror: Mirror) -> None:
    """Invariant 13: a compensating event has an id of its own and names the event that it takes back."""
    await ground.push(PRICE + 1)
    line_id = await ground.open_line()
    await mirror.catch_up()
    told = await kinds_told(mirror.engine)
    await ground.reorg(1)
    await mirror.catch_up()
    await ground.reorg(2)
    await mirror.catch_up()
    undone = [kind for kind in reversed(told) if kind.startswith(("line", "note"))]
    since = (await kinds_told(mirror.engine))[len(told) :]
    assert since == [f"{kind}.reverted" for kind in undone] + ["feed.answered.reverted"]
    pairs = await all_rows(
        mirror.engine,
        "SELECT back.id, told.id AS told, back.line_id, told.payload = back.payload AS same FROM outbox_events back "
        "JOIN outbox_events told ON told.id = back.reverts WHERE back.kind LIKE 'line%'",
    )
    assert len(pairs) == len([kind for kind in undone if kind.startswith("line")])
    assert all(pair.id != pair.told and pair.same and pair.line_id == line_id for pair in pairs)


async def test_an_event_that_comes_back_is_told_anew(ground: Ground, mirror: Mirror) -> None:
    """Invariant 13."""
    await ground.push(PRICE + 1)
    await mirror.catch_up()
    await ground.roll_back(1)
    await ground.push(PRICE + 1)
    await mirror.catch_up()
    told = await kinds_told(mirror.engine)
    assert told[-3:] == ["feed.answered", "feed.answered.reverted", "feed.answered"]
    assert await count(mirror.engine, OracleRound) == 2


async def test_a_chain_that_is_only_shorter_takes_nothing_back(ground: Ground, mirror: Mirror) -> None:
    """A head behind our cursor on the same chain is a node that lags, until it builds another block there."""
    await ground.mine(5)
    await mirror.catch_up()
    before = await position(mirror.engine)
    await ground.roll_back(3)
    assert await mirror.step() is Step.LAGGING
    assert (await position(mirror.engine)).at == before.at
    await ground.push(PRICE)
    assert await mirror.step() is Step.MOVED
    assert (await position(mirror.engine)).at.number == before.at.number - 2


async def test_a_head_below_finality_is_a_lagging_node(ground: Ground, engine: AsyncEngine, chain_url: str) -> None:
    """Invariant 3, pitfall 22: nothing is destroyed."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        past = await Past.record(ground.rpc)
        await ground.some_history()
        await ground.mine(100)
        await mirror.catch_up()
        before = await digests_of(engine)
        provider.answer = past
        assert await mirror.step() is Step.LAGGING
        assert await digests_of(engine) == before
        assert await count(engine, Block, canonical=False) == 0
        assert await count(engine, OutboxEvent, reverts=None) == await count(engine, OutboxEvent)


async def test_a_head_below_finality_is_a_lagging_node_also_on_a_branch_that_was_left(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Invariant 3, pitfall 22: whatever it says down there is old, and contradicts nothing."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await ground.push(PRICE)
        past = await Past.record(ground.rpc)
        await ground.reorg(1)
        await ground.mine(100)
        await mirror.catch_up()
        before = await digests_of(engine)
        provider.answer = past
        assert await mirror.step() is Step.LAGGING
        assert await digests_of(engine) == before
        assert (await position(engine)).frozen is None


async def test_a_finalized_mismatch_freezes_the_mirror_and_overwrites_nothing(ground: Ground, mirror: Mirror) -> None:
    """Invariant 3."""
    await ground.mine(70)
    await ground.some_history()
    await mirror.catch_up()
    before = await digests_of(mirror.engine)
    await ground.roll_back(80)
    await ground.push(PRICE)
    await ground.mine(80)
    with pytest.raises(FinalizedMismatch):
        await mirror.step()
    assert await digests_of(mirror.engine) == before
    assert (await position(mirror.engine)).frozen is not None
    assert await count(mirror.engine, Alert, key=f"mirror_finalized_mismatch:{CHAIN_ID}", resolved_at=None) == 1


async def test_a_provider_that_calls_another_block_final_freezes_the_mirror_though_its_head_agrees(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Invariant 3."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await ground.mine(5)
        other = await ground.rpc.call("eth_getBlockByNumber", ["latest", False])
        await ground.roll_back(1)
        await ground.push(PRICE)
        await ground.mine(100)
        await mirror.catch_up()
        provider.answer = lambda _method, params, result: other if params[:1] == ["finalized"] else result
        with pytest.raises(FinalizedMismatch):
            await mirror.step()
        assert (await position(engine)).frozen is not None


async def test_the_mirror_thaws_when_the_provider_agrees_again(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await ground.mine(100)
        await mirror.catch_up()
        right = await Past.record(ground.rpc)
        await ground.roll_back(90)
        await ground.push(PRICE)
        await ground.mine(99)
        with pytest.raises(FinalizedMismatch):
            await mirror.step()
        provider.answer = right
        assert await mirror.step() is Step.CURRENT
        assert (await position(engine)).frozen is None
        assert await count(engine, Alert, resolved_at=None) == 0


async def test_a_finalized_block_that_the_head_does_not_build_on_is_not_believed(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await ground.mine(100)
        head = await ground.head()
        past = await Past.record(ground.rpc)
        await ground.roll_back(90)
        await ground.push(PRICE)
        await ground.mine(89)

        def two_nodes(method: str, params: list[object], result: object) -> object:
            """One node of the pool is on another branch, and answers for finality."""
            return past(method, list(params), result) if params[:1] == ["finalized"] else result

        provider.answer = two_nodes
        with pytest.raises(HeadsContradict):
            await mirror.catch_up()
        assert (await position(engine)).finalized.number < head - 64
