"""The commands that look into the mirror and mend it, on a real mirror of a real chain."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner, Result

from orchestrator.chain.reader import Heads
from orchestrator.db.models import Alert, Signer
from orchestrator.db.session import sessions_of
from orchestrator.mirror.follow import Step
from orchestrator.mirror.reorg import FinalizedMismatch
from orchestrator.mirror.rewind import NoSuchBlock, rewind_cursor
from scripts.cli import explain, quarantine, reconcile, reindex, rewind, status
from tests.integration.mirror.ground import (
    ADMIN,
    BORROWER,
    CHAIN_ID,
    KEEPER,
    PRICE,
    USDC,
    Ground,
    Mirror,
    opened_mirror,
)
from tests.integration.mirror.rows import all_rows, canonical_chain, count, digests_of, kinds_told, position
from tests.integration.mirror.test_quarantine import BEYOND_ANY_CLOCK, forget


@pytest.fixture
def settings(
    ground: Ground, chain_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.book().dump(tmp_path / "book.json")
    for name, value in {
        "DATABASE_URL": database_url,
        "RPC_URL": chain_url,
        "COVENANT_CHAIN_ID": str(CHAIN_ID),
        "COVENANT_BOOK": str(tmp_path / "book.json"),
    }.items():
        monkeypatch.setenv(name, value)


async def run(command: Any, *arguments: str) -> Result:
    """In a thread, since a command runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, command.app, list(arguments))


async def run_json(command: Any, *arguments: str) -> Any:
    result = await run(command, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.usefixtures("settings")
async def test_status_says_where_the_mirror_stands(ground: Ground, mirror: Mirror) -> None:
    await ground.mine(40)
    await mirror.catch_up()
    shown = await run_json(status)
    head = await ground.head()
    assert (shown["block"]["number"], shown["head_number"], shown["blocks_behind"]) == (head, head, 0)
    assert shown["safe_number"] == head - 32
    assert shown["writer"].startswith("test ")
    assert (shown["frozen"], shown["quarantined"], shown["reconciled"]) == (None, 0, None)
    assert shown["engine"] is None
    said = (await run(status)).stdout
    assert f"at block {head} of {head}" in said
    assert "no engine has evaluated triggers yet" in said


@pytest.mark.usefixtures("settings", "mirror")
async def test_status_says_whose_gas_budget_is_spent_and_until_when(engine: AsyncEngine) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    async with sessions_of(engine).begin() as session:
        session.add(Signer(chain_id=CHAIN_ID, address=KEEPER.address.lower(), place=0, spent_until=until))
        over = datetime.now(UTC) - timedelta(hours=1)
        session.add(Signer(chain_id=CHAIN_ID, address=ADMIN.address.lower(), place=1, spent_until=over))
    assert (await run_json(status))["budgets_spent"] == [{"signer": KEEPER.address, "until": until.isoformat()}]
    said = (await run(status)).stdout.replace("\n", "")
    assert f"nothing new is sent: {KEEPER.address} has spent its gas budget until" in said


@pytest.mark.usefixtures("settings")
async def test_reconcile_exits_with_1_when_something_differs(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    [report] = (await run_json(reconcile))["items"]
    assert report["equal"]
    async with mirror.engine.begin() as connection:
        await connection.execute(text("UPDATE lines SET reserve = 7 WHERE line_id = 2"))
    result = await run(reconcile)
    assert result.exit_code == 1
    assert "line 2, reserve: mirror 7, chain 0" in result.stdout
    assert not (await run_json(status))["reconciled"]["equal"]


@pytest.mark.usefixtures("settings")
async def test_reindex_says_what_it_replaced(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    assert (await run_json(reindex))["replaced"] == []
    async with mirror.engine.begin() as connection:
        await connection.execute(text("UPDATE lines SET reserve = 7"))
    assert (await run_json(reindex))["replaced"] == ["lines"]
    assert (await run_json(reconcile))["items"][0]["equal"]


@pytest.mark.usefixtures("settings")
async def test_rewind_takes_back_and_the_mirror_reads_on(ground: Ground, mirror: Mirror) -> None:
    await ground.some_history()
    await mirror.catch_up()
    before, told = await digests_of(mirror.engine), await kinds_told(mirror.engine)
    to = await ground.head() - 12
    assert await run_json(rewind, str(to), "--yes") == {
        "chain_id": CHAIN_ID,
        "block_number": to,
        "blocks_undone": 12,
    }
    assert (await position(mirror.engine)).at.number == to
    await mirror.catch_up()
    assert await digests_of(mirror.engine) == before
    again = (await kinds_told(mirror.engine))[len(told) :]
    undone = [kind.removesuffix(".reverted") for kind in again if kind.endswith(".reverted")]
    assert undone
    assert again[len(undone) :] == undone[::-1] == told[-len(undone) :]


@pytest.mark.parametrize("reorg", [False, True])
async def test_rewind_while_the_indexer_looks_at_the_head_makes_it_plan_again(
    ground: Ground, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, reorg: bool
) -> None:
    """Between reading the cursor and asking what it stands on, blocks may be taken from under it."""
    await ground.mine(6)
    await mirror.catch_up()
    if reorg:
        await ground.reorg(2)
    heads = mirror.reader.heads

    async def heads_and_a_rewind() -> Heads:
        found = await heads()
        async with mirror.engine.begin() as connection:
            await rewind_cursor(connection, CHAIN_ID, found.latest.number - 5)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(mirror.reader, "heads", heads_and_a_rewind)
        assert await mirror.step() is Step.MOVED
    await mirror.catch_up()
    chain = await canonical_chain(mirror.engine)
    assert [block.number for block in chain] == list(range(await ground.head() + 1))


@pytest.mark.usefixtures("settings")
async def test_rewind_asks_first(mirror: Mirror) -> None:
    before = await position(mirror.engine)
    assert (await run(rewind, "3")).exit_code == 1
    assert (await position(mirror.engine)).at == before.at


async def test_rewind_below_finality_takes_finality_along(ground: Ground, mirror: Mirror) -> None:
    await ground.mine(100)
    await ground.push(PRICE)
    await mirror.catch_up()
    before = await digests_of(mirror.engine)
    async with mirror.engine.begin() as connection:
        assert await rewind_cursor(connection, CHAIN_ID, 20) == await ground.head() - 20
    now = await position(mirror.engine)
    assert (now.at, now.finalized, now.safe_number) == (now.finalized, now.at, 20)
    await mirror.catch_up()
    assert await digests_of(mirror.engine) == before


async def test_a_frozen_mirror_goes_on_from_a_block_that_all_agree_on(
    ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine
) -> None:
    """Invariant 3: finality failed, people decided, and whoever was told of the old branch is told that it is over."""
    await ground.mine(20)
    common = await ground.head()
    await ground.push(PRICE + 1)
    await ground.mine(80)
    await mirror.catch_up()
    await ground.roll_back(await ground.head() - common)
    await ground.push(PRICE + 2)
    await ground.mine(100)
    with pytest.raises(FinalizedMismatch):
        await mirror.step()
    async with mirror.engine.begin() as connection:
        await rewind_cursor(connection, CHAIN_ID, common)
    await mirror.catch_up()
    assert (await position(mirror.engine)).frozen is None
    assert (await kinds_told(mirror.engine))[-3:] == ["feed.answered", "feed.answered.reverted", "feed.answered"]
    async with opened_mirror(other_engine, chain_url, ground) as newcomer:
        await newcomer.catch_up()
    assert await digests_of(mirror.engine) == await digests_of(other_engine)


async def test_rewind_to_a_block_that_is_not_mirrored_is_refused(mirror: Mirror) -> None:
    at = (await position(mirror.engine)).at.number
    async with mirror.engine.begin() as connection:
        with pytest.raises(NoSuchBlock, match=f"block {at + 1} is not between"):
            await rewind_cursor(connection, CHAIN_ID, at + 1)


@pytest.mark.usefixtures("settings")
async def test_quarantine_shows_what_waits_and_takes_in_what_can_be_read_by_now(ground: Ground, mirror: Mirror) -> None:
    assert "nothing is in quarantine" in (await run(quarantine)).stdout
    forget(mirror, "LineState")
    line_id = await ground.open_line()
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await mirror.catch_up()
    result = await run(quarantine, "--json")
    assert result.exit_code == 1
    unread, absurd = json.loads(result.stdout)["items"]
    assert (unread["address"], absurd["address"]) == (ground.addresses["vault"], ground.addresses["feed"])
    assert "beyond 63 bits" in absurd["reason"]
    result = await run(quarantine, "--retry")
    assert (result.exit_code, "1 logs taken in" in result.stdout) == (1, True)
    assert f"block {absurd['block_number']}, log {absurd['log_index']} of {absurd['address']}" in result.stdout
    stored = await ground.view("vault", "CreditVault", "stored", line_id)
    [line] = await all_rows(mirror.engine, "SELECT seq, undrawn FROM lines")
    assert (line.seq, line.undrawn) == (1, stored["undrawn"])
    assert await count(mirror.engine, Alert, key=f"mirror_quarantine:{CHAIN_ID}", resolved_at=None) == 1


@pytest.mark.usefixtures("settings")
async def test_the_alert_is_over_when_the_quarantine_is_empty(ground: Ground, mirror: Mirror) -> None:
    forget(mirror, "LineState")
    await ground.open_line()
    await mirror.catch_up()
    assert (await run_json(quarantine, "--retry"))["items"] == []
    assert await count(mirror.engine, Alert, key=f"mirror_quarantine:{CHAIN_ID}", resolved_at=None) == 0


@pytest.mark.usefixtures("settings")
async def test_explain_shows_every_log_of_a_line(ground: Ground, mirror: Mirror) -> None:
    await ground.open_line()
    line_id = await ground.open_line()
    await ground.vault(BORROWER, "draw", line_id, 250 * USDC, BORROWER.address)
    await ground.register_mandate(line_id)
    await mirror.catch_up()
    facts = (await run_json(explain, str(line_id)))["facts"]
    assert {"Opened", "Transfer", "LineState", "Drawn", "MandateRegistered"} <= {fact["event"] for fact in facts}
    named = [fact["args"][name] for fact in facts for name in ("id", "lineId", "tokenId") if name in fact["args"]]
    assert set(named) == {str(line_id)}
    [drawn] = [fact for fact in facts if fact["event"] == "Drawn"]
    receipt = await ground.rpc.call("eth_getTransactionReceipt", [drawn["tx_hash"]])
    assert int(receipt["blockNumber"], 16) == drawn["block_number"]
    assert drawn["args"]["amount"] == str(250 * USDC)
    shown = (await run(explain, str(line_id))).stdout
    assert f"amount = {250 * USDC}" in shown
    assert "state.principal" in shown


@pytest.mark.usefixtures("settings")
async def test_explain_of_a_line_that_never_was_is_an_error(mirror: Mirror) -> None:
    result = await run(explain, "7")
    assert result.exit_code == 1
    assert "there is no line 7" in str(result.exception)
