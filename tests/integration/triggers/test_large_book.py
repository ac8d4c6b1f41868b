"""More lines than one step takes: they wait their turn, and end as if all had been looked at in one step."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from orchestrator.db.models import Candidate, EngineCursor, Intent, Trigger
from orchestrator.db.models.registry import table_of
from orchestrator.triggers.status import engine_status
from scripts.cli import status
from tests.integration.mirror.ground import ADMIN, BORROWER, CHAIN_ID, HOUR, PRICE, USDC
from tests.integration.triggers.ground import POLICY, Service, ltv_mandate

FALLEN = 400 * 10**8
ONE_LINE_AT_ONCE = replace(POLICY, lines_at_once=1)
OF_ITS_OWN = {"id", "intent_id", "created_at", "cause_seen_at"}


async def lines_with_mandates(service: Service, count: int) -> list[int]:
    lines = [await service.drawn_line() for _ in range(count)]
    for line in lines:
        await service.ground.register_mandate(line, **ltv_mandate())
    return lines


async def records(service: Service) -> tuple[list[Any], list[Any]]:
    """All candidates and triggers, but for what no two triggers share."""
    async with service.sessions() as session:
        candidates = (await session.execute(select(table_of(Candidate)))).all()
        columns = [column for column in table_of(Trigger).columns if column.name not in OF_ITS_OWN]
        triggers = (await session.execute(select(*columns))).all()
    return sorted(map(repr, candidates)), sorted(map(repr, triggers))


async def begin_anew(service: Service) -> None:
    """As if no engine had ever run."""
    async with service.sessions.begin() as session:
        for model in (Candidate, Trigger, Intent):
            await session.execute(delete(model))
        await session.execute(update(EngineCursor).values(block_number=-1, block_hash="0x" + "00" * 32))


async def waiting(service: Service) -> int:
    async with service.sessions() as session:
        found = await engine_status(session, CHAIN_ID)
    assert found is not None
    return found.lines_waiting


async def test_an_engine_killed_in_the_middle_is_followed_by_one_that_ends_with_the_same_records(
    service: Service, database_url: str, tmp_path: Path
) -> None:
    await lines_with_mandates(service, 5)
    await service.ground.push(FALLEN)
    await service.evaluate()
    uninterrupted = await records(service)
    assert len(uninterrupted[1]) == 5
    await begin_anew(service)

    service.book.dump(tmp_path / "book.json")
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.triggers.crashing_engine"),
        *(database_url, service.chain_url, str(tmp_path / "book.json")),
    )
    try:
        assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
    finally:
        if child.returncode is None:
            child.kill()
    assert await waiting(service) == 3
    successors = [service.another_engine(replace(POLICY, lines_at_once=2)) for _ in range(2)]
    await asyncio.gather(*(engine.catch_up() for engine in successors))
    await successors[0].catch_up()
    assert await records(service) == uninterrupted
    assert await waiting(service) == 0


async def test_a_round_that_comes_while_lines_wait_fires_them_all_each_in_its_turn(service: Service) -> None:
    await lines_with_mandates(service, 3)
    await service.mirror.catch_up()
    slow = service.another_engine(ONE_LINE_AT_ONCE)
    for left in (3, 2):
        assert await slow.step() is not None
        assert await waiting(service) == left
    await service.ground.push(FALLEN)
    await service.mirror.catch_up()
    evaluation = await slow.step()
    assert evaluation is not None
    assert (evaluation.stored, evaluation.complete) == (2, False), "the line that was looked at, and the next one"
    await slow.catch_up()
    await service.settle()
    assert [trigger.status for trigger in await service.triggers()] == ["done"] * 3


async def test_what_became_due_in_a_long_absence_fires_line_by_line(service: Service) -> None:
    lines = [await service.drawn_line() for _ in range(2)]
    for line in lines:
        await service.ground.register_mandate(line)
    slow = service.another_engine(ONE_LINE_AT_ONCE)
    await service.mirror.catch_up()
    await slow.catch_up()
    await service.ground.wait(25 * HOUR)
    await service.mirror.catch_up()
    await slow.step()
    assert (await waiting(service), await service.triggers()) == (2, [])
    await slow.catch_up()
    assert sorted(trigger.line_id for trigger in await service.triggers()) == lines


async def test_a_share_that_was_paid_meanwhile_is_not_asked_for_again_while_its_line_waits(service: Service) -> None:
    line, other = await service.drawn_line(), await service.drawn_line()
    feed = await service.ground.deploy("revenue", "LocalFeed", ADMIN.address, 2, "revenue")
    await service.ground.send(ADMIN, "revenue", "LocalFeed", "push", 100_00, await service.ground.now())
    share = {"kind": 3, "feed": to_checksum_address(feed), "shareBps": 1_000}
    mandate = await service.ground.register_mandate(line, **share)
    await service.mirror.catch_up()
    slow = service.another_engine(ONE_LINE_AT_ONCE)
    await slow.catch_up()
    await service.ground.send(ADMIN, "revenue", "LocalFeed", "push", 600_00, await service.ground.now())
    await service.ground.send(BORROWER, "trigger", "RepayTrigger", "fire", mandate, BORROWER.address)
    await service.ground.vault(BORROWER, "depositReserve", other, 1)
    await service.ground.wait(25 * HOUR)  # a period in which it could be paid again
    await service.mirror.catch_up()
    evaluation = await slow.step()
    assert evaluation is not None
    assert (await waiting(service), evaluation.candidates, evaluation.stored) == (2, 1, 0)
    await slow.catch_up()
    assert await service.triggers() == []


async def test_while_lines_wait_nothing_is_told_to_be_over(service: Service) -> None:
    lines = [await service.drawn_line(draw=900 * USDC, reserve=0) for _ in range(2)]
    await service.ground.push(300 * 10**8)
    await service.evaluate()
    told = await service.open_alerts()
    assert len(told) == len(lines)
    await begin_anew(service)
    slow = service.another_engine(ONE_LINE_AT_ONCE)
    await slow.step()
    assert await service.open_alerts() == told
    await service.ground.push(PRICE)
    await service.mirror.catch_up()
    await slow.catch_up()
    assert await service.open_alerts() == []


@pytest.mark.parametrize("left", [1, 0])
async def test_lines_that_a_reorg_takes_back_leave_no_candidate_whether_they_waited_or_not(
    reorg_service: Service, left: int
) -> None:
    blocks_before = await reorg_service.ground.head()
    lines = [await reorg_service.ground.open_line() for _ in range(2)]
    await reorg_service.mirror.catch_up()
    slow = reorg_service.another_engine(ONE_LINE_AT_ONCE)
    await slow.step()
    while await waiting(reorg_service) != left:
        assert await slow.step() is not None
    await reorg_service.ground.reorg(await reorg_service.ground.head() - blocks_before)
    await reorg_service.ground.mine(2)
    await reorg_service.mirror.catch_up()
    await slow.catch_up()
    assert await waiting(reorg_service) == 0
    assert [await reorg_service.candidates(line) for line in lines] == [{}] * 2


async def test_status_says_what_is_evaluated_and_how_many_lines_wait(
    service: Service, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines_with_mandates(service, 2)
    await service.mirror.catch_up()
    await service.another_engine(ONE_LINE_AT_ONCE).step()
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COVENANT_CHAIN_ID", str(CHAIN_ID))

    async def said(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, status.app, list(arguments))
        assert result.exit_code == 0, result.output
        return result.stdout

    head = await service.ground.head()
    shown = json.loads(await said("--json"))["engine"]
    assert (shown["block_number"], shown["lines_waiting"]) == (head, 2)
    told = await said()
    assert f"triggers evaluated at block {head}" in told
    assert "the engine has yet to look at 2 lines that changed" in told
