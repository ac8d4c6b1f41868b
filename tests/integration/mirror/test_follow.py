"""Following a chain: what is in it is in the database, all of it, and nothing else."""

import asyncio
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.quantities import quantity
from orchestrator.db.models import Block, OracleRound, Quarantine
from orchestrator.mirror.follow import Step
from orchestrator.mirror.watch import Role
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, PRICE, USDC, Ground, Mirror, codecs, opened_mirror
from tests.integration.mirror.rows import all_rows, canonical_chain, count, digests_of, kinds_told, position


async def test_every_header_is_stored_and_the_parent_chain_is_unbroken(ground: Ground, mirror: Mirror) -> None:
    """Invariant 2, pitfall 23: also blocks in which nothing of ours happened."""
    await ground.mine(5)
    await ground.push(PRICE)
    await ground.mine(5)
    await mirror.catch_up()
    chain = await canonical_chain(mirror.engine)
    assert [block.number for block in chain] == list(range(await ground.head() + 1))
    assert all(child.parent_hash == parent.hash for parent, child in pairwise(chain))
    for block in chain:
        assert (await ground.rpc.call("eth_getBlockByNumber", [quantity(block.number), False]))["hash"] == block.hash


async def test_every_log_of_our_contracts_is_mirrored(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    addresses = [ground.addresses[name] for name in ("vault", "nft", "trigger")]
    on_chain = await ground.rpc.call("eth_getLogs", [{"fromBlock": "0x0", "address": addresses}])
    rounds = await ground.rpc.call("eth_getLogs", [{"fromBlock": "0x0", "address": ground.addresses["feed"]}])
    mirrored = await all_rows(mirror.engine, "SELECT block_number, log_index FROM logs ORDER BY 1, 2")
    expected = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in on_chain]
    # Of a feed's events only the rounds concern us: `AnswerUpdated`, the second of the two that LocalFeed emits.
    expected += [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in rounds[1::2]]
    assert [tuple(row) for row in mirrored] == sorted(expected)
    assert await count(mirror.engine, Quarantine) == 0


async def test_a_line_is_shown_as_agreed_and_as_it_stands(ground: Ground, mirror: Mirror) -> None:
    line_id = await ground.open_line(1_000 * USDC, aprBps=777)
    await ground.vault(BORROWER, "draw", line_id, 250 * USDC, BORROWER.address)
    await mirror.catch_up()
    [line] = await all_rows(mirror.engine, "SELECT * FROM lines")
    stored = await ground.view("vault", "CreditVault", "stored", line_id)
    assert (line.apr_bps, line.amount, line.seq) == (777, 1_000 * USDC, 2)
    assert (line.principal, line.undrawn, line.accrued_at) == (250 * USDC, 750 * USDC, stored["accruedAt"])
    assert "0x" + bytes(line.borrower).hex() == BORROWER.address.lower()


async def test_events_are_told_in_the_order_of_the_chain(ground: Ground, mirror: Mirror) -> None:
    before = len(await kinds_told(mirror.engine))
    line_id = await ground.open_line()
    await ground.vault(BORROWER, "draw", line_id, 250 * USDC, BORROWER.address)
    await mirror.catch_up()
    told = (await kinds_told(mirror.engine))[before:]
    assert told[0] == "line.opened"
    assert sorted(told[1:3]) == ["line.state", "note.transferred"]
    assert told[3:] == ["line.drawn", "line.state"]
    places = await all_rows(mirror.engine, "SELECT block_number, log_index FROM outbox_events ORDER BY position")
    assert places == sorted(places)


async def test_an_event_names_its_line_and_carries_what_the_contract_said(ground: Ground, mirror: Mirror) -> None:
    line_id = await ground.open_line()
    await ground.vault(BORROWER, "draw", line_id, 250 * USDC, BORROWER.address)
    await mirror.catch_up()
    [drawn] = await all_rows(mirror.engine, "SELECT * FROM outbox_events WHERE kind = 'line.drawn'")
    assert (drawn.line_id, drawn.payload) == (1, {"id": "1", "to": BORROWER.address, "amount": str(250 * USDC)})


async def test_a_commit_wakes_those_who_listen_for_blocks(ground: Ground, mirror: Mirror) -> None:
    async with mirror.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.set_autocommit(True)
        await driver.execute("LISTEN covenant_blocks")
        await ground.push(PRICE)
        await mirror.catch_up()
        heard = [notification.payload async for notification in driver.notifies(timeout=1, stop_after=1)]
    assert heard == [f"{CHAIN_ID}:{await ground.head()}"]


async def test_nothing_new_moves_nothing_and_notes_finality(ground: Ground, mirror: Mirror) -> None:
    await mirror.catch_up()
    assert await mirror.step() is Step.CURRENT
    await ground.mine(70)
    await mirror.catch_up()
    now = await position(mirror.engine)
    head = await ground.head()
    assert (now.at.number, now.head_number, now.safe_number, now.finalized.number) == (head, head, head - 32, head - 64)


async def test_a_step_that_is_cut_off_anywhere_leaves_all_of_a_block_or_nothing(ground: Ground, mirror: Mirror) -> None:
    """Invariant 1, pitfalls 25 and 26: killed between fetch and commit, and at other moments, each a fifth later."""
    cut_off, moment_s = 0, 0.0005
    while True:
        await ground.push(PRICE)
        step = asyncio.create_task(mirror.step())
        await asyncio.wait([step], timeout=moment_s)
        if step.done():
            break
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        cut_off, moment_s = cut_off + 1, moment_s * 1.2
        await _assert_whole(mirror.engine)
        await mirror.catch_up()
        await _assert_whole(mirror.engine)
    assert cut_off > 3
    latest_round_id, *_ = await ground.view("feed", "LocalFeed", "latestRoundData")
    rounds = latest_round_id % 2**64
    assert await count(mirror.engine, OracleRound) == rounds
    assert (await kinds_told(mirror.engine)).count("feed.answered") == rounds


async def _assert_whole(engine: AsyncEngine) -> None:
    """Blocks, logs, projections and events all end at the cursor."""
    [row] = await all_rows(
        engine,
        """
        SELECT (SELECT number FROM cursors) AS cursor, (SELECT max(number) FROM blocks WHERE canonical) AS block,
            (SELECT count(*) FROM logs WHERE topic0 = decode(:line_state, 'hex')) AS states,
            (SELECT count(*) FROM line_versions) AS versions,
            (SELECT count(*) FROM oracle_rounds) AS rounds,
            (SELECT count(*) FROM outbox_events WHERE kind = 'feed.answered') AS told
        """,
        line_state=codecs()[Role.VAULT].topic("LineState")[2:],
    )
    assert row.cursor == row.block
    assert row.states == row.versions
    assert row.rounds == row.told


async def test_a_connection_lost_in_the_middle_of_a_commit_loses_nothing(ground: Ground, mirror: Mirror) -> None:
    """Invariant 1."""
    await ground.some_history()
    async with mirror.engine.begin() as other:
        await other.execute(text("SELECT 1 FROM cursors FOR UPDATE"))
        step = asyncio.create_task(mirror.step())
        killed = None
        while killed is None:  # once the commit waits for the cursor's row
            await asyncio.sleep(0.01)
            killed = await other.scalar(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
            )
        with pytest.raises(OperationalError):
            await step
    await _assert_whole(mirror.engine)
    await mirror.catch_up()
    await _assert_whole(mirror.engine)
    assert await count(mirror.engine, Block) == await ground.head() + 1


async def test_the_past_is_read_in_ranges_and_gives_the_same_rows(
    ground: Ground, mirror: Mirror, other_engine: AsyncEngine, chain_url: str
) -> None:
    """A mirror that comes late, and reads ranges up to finality, ends up with what one has that was there all along."""
    await ground.some_history()
    await ground.mine(250)
    await ground.push(PRICE)
    await mirror.catch_up()
    async with opened_mirror(other_engine, chain_url, ground) as late:
        assert await late.step() is Step.MOVED
        assert (await position(other_engine)).at.number == await ground.head() - 64
        await late.catch_up()
    assert await digests_of(other_engine) == await digests_of(mirror.engine)
    assert await kinds_told(other_engine) == await kinds_told(mirror.engine)


async def test_the_planner_knows_of_the_lines_that_a_backfill_brings(
    ground: Ground, other_engine: AsyncEngine, chain_url: str
) -> None:
    """Else it takes the table for empty, and looks for each line among all of them."""
    for _ in range(3):
        await ground.open_line()
    await ground.mine(250)
    async with opened_mirror(other_engine, chain_url, ground) as late:
        await late.step()
    [counted] = await all_rows(other_engine, "SELECT reltuples FROM pg_class WHERE oid = 'lines'::regclass")
    assert counted.reltuples == 3
