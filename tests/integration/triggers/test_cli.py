"""`covenant triggers`, `covenant transactions` and `covenant feeds`: what a person asks when something was paid."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from orchestrator.errors import CovenantError
from orchestrator.mirror.start import store_feeds
from scripts.cli import feeds, transactions, triggers
from tests.integration.triggers.ground import Service, ltv_mandate

FALLEN = 400 * 10**8

Run = Callable[..., Awaitable[str]]


@pytest.fixture
def run(service: Service, database_url: str, tmp_path: Path) -> Run:
    """Runs a command on the service's database and returns what it prints."""
    service.book.dump(tmp_path / "book.json")
    environment = {
        "DATABASE_URL": database_url.replace("+psycopg", ""),
        "COVENANT_CHAIN_ID": "31337",
        "COVENANT_BOOK": str(tmp_path / "book.json"),
        "COLUMNS": "300",
    }

    def invoke(app: Typer, *arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), env=environment)
        if isinstance(result.exception, CovenantError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    async def in_a_thread(app: Typer, *arguments: str) -> str:
        return await asyncio.to_thread(invoke, app, *arguments)

    return in_a_thread


async def a_repayment(service: Service) -> tuple[int, dict[str, Any]]:
    line = await service.drawn_line()
    mandate = await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.settle()
    return line, mandate


async def test_a_trigger_is_listed_with_its_cause_and_shown_with_its_story(service: Service, run: Run) -> None:
    line, _ = await a_repayment(service)
    (row,) = await service.triggers()
    listing = await run(triggers.app, "list")
    assert str(row.id) in listing
    assert "round 2" in listing
    (facts,) = json.loads(await run(triggers.app, "list", "--line", str(line), "--status", "done", "--json"))
    assert facts == json.loads(await run(triggers.app, "show", str(row.id), "--json"))
    assert (facts["line_id"], facts["status"], facts["pays"]) == (line, "done", str(row.pays))
    assert facts["tx_hash"].startswith("0x")
    assert facts["latency_s"] > 0
    assert row.why in await run(triggers.app, "show", str(row.id))
    assert json.loads(await run(triggers.app, "list", "--status", "failed", "--json")) == []


async def test_a_transaction_is_listed_and_shown_with_its_attempts(service: Service, run: Run) -> None:
    line, _ = await a_repayment(service)
    (intent,) = await service.intents()
    assert f"fires 1 mandate(s) on line(s) {line}" in await run(transactions.app, "list")
    facts = json.loads(await run(transactions.app, "show", str(intent.id), "--json"))
    assert (facts["status"], facts["nonce"], facts["error"]) == ("finalized", intent.nonce, None)
    (attempt,) = facts["attempts"]
    assert attempt["tx_hash"] == facts["tx_hash"]
    assert attempt["tx_hash"] in await run(transactions.app, "show", str(intent.id))
    assert "raw" not in attempt


async def test_feeds_are_judged_and_listed(service: Service, run: Run) -> None:
    await store_feeds(service.mirror.engine, service.book)
    assert "no round is known yet" in await run(feeds.app)
    await service.ground.push(FALLEN)
    await service.mirror.catch_up()
    (facts,) = json.loads(await run(feeds.app, "--json"))
    assert (facts["pair"], facts["status"]) == ("ETH/USD", "jumped")
    assert "moved 8000 bps" in facts["reason"]
    assert await service.open_alerts() == [f"the feed ETH/USD is jumped: {facts['reason']}"]


@pytest.mark.parametrize("app", [triggers.app, transactions.app])
async def test_what_is_not_there_is_said(app: Typer, run: Run) -> None:
    with pytest.raises(CovenantError, match="there is no "):
        await run(app, "show", str(uuid.uuid4()))
    with pytest.raises(CovenantError, match="is no t"):
        await run(app, "show", "seven")
