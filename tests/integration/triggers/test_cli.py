"""`covenant triggers`, `covenant transactions` and `covenant feeds`: what a person asks when something was paid."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from api.app import create_app
from api.nodes import Nodes
from api.opening import open_parts
from api.parts import Site
from orchestrator.chain.rpc import JsonRpc
from orchestrator.errors import CovenantError
from orchestrator.mirror.start import store_feeds
from scripts.cli import feeds, transactions, triggers
from scripts.processes.web import listening, serve
from tests.integration.triggers.ground import Service, ltv_mandate

FALLEN = 400 * 10**8

Run = Callable[..., Awaitable[str]]


@pytest.fixture
async def run(
    service: Service, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Run]:
    """Runs a command against an API on the service's database, and returns what it prints."""
    rpc = JsonRpc(service.chain_url)

    def invoke(noun: Typer, *arguments: str) -> str:
        result = CliRunner().invoke(noun, list(arguments))
        if isinstance(result.exception, CovenantError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    async def in_a_thread(noun: Typer, *arguments: str) -> str:
        return await asyncio.to_thread(invoke, noun, *arguments)

    async with open_parts(service.book, database_url, redis_url, Nodes([rpc]), Site("http://covenant.test")) as parts:
        with listening("127.0.0.1", 0) as listener:
            monkeypatch.setenv("COVENANT_API_HOST", "127.0.0.1")
            monkeypatch.setenv("COVENANT_API_PORT", str(listener.getsockname()[1]))
            monkeypatch.setenv("COVENANT_CHAIN_ID", "31337")
            monkeypatch.setenv("DATABASE_URL", database_url)
            serving = asyncio.create_task(serve(create_app(parts), listener))
            yield in_a_thread
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    await rpc.aclose()


async def a_repayment(service: Service) -> tuple[int, dict[str, Any]]:
    line = await service.drawn_line()
    mandate = await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.settle()
    return line, mandate


async def test_a_trigger_is_listed_with_its_cause_and_shown_with_its_story(service: Service, run: Run) -> None:
    line, _ = await a_repayment(service)
    (row,) = await service.triggers()
    listing = await run(triggers.app, "list", "--line", str(line), "--status", "done")
    assert str(row.id) in listing
    assert "round 2" in listing
    assert "nothing" in await run(triggers.app, "list", "--status", "failed")
    shown = await run(triggers.app, "show", str(row.id))
    assert row.why in shown
    assert "(finalized) in 0x" in shown
    assert json.loads(await run(triggers.app, "show", str(row.id), "--json"))["pays"]["base_units"] == str(row.pays)


async def test_a_transaction_is_listed_and_shown_with_its_attempts(service: Service, run: Run) -> None:
    line, _ = await a_repayment(service)
    (intent,) = await service.intents()
    listing = await run(transactions.app, "list", "--status", "finalized")
    assert f"fires a mandate on line {line}" in listing
    shown = await run(transactions.app, "show", str(intent.id))
    assert f"attempt 1       {intent.mined_tx_hash} at " in shown
    assert f"nonce {intent.nonce}" in shown


async def test_feeds_are_judged_and_listed(service: Service, run: Run) -> None:
    await store_feeds(service.mirror.engine, service.book)
    assert "no round is known yet" in await run(feeds.app, "judge")
    await service.ground.push(FALLEN)
    await service.mirror.catch_up()
    (facts,) = json.loads(await run(feeds.app, "judge", "--json"))["items"]
    assert (facts["pair"], facts["status"]) == ("ETH/USD", "jumped")
    assert "moved 8000 bps" in facts["reason"]
    assert await service.open_alerts() == [f"the feed ETH/USD is jumped: {facts['reason']}"]


@pytest.mark.parametrize("noun", [triggers.app, transactions.app])
async def test_what_is_not_there_is_said(noun: Typer, run: Run) -> None:
    with pytest.raises(CovenantError, match="there is no "):
        await run(noun, "show", str(uuid.uuid4()))
