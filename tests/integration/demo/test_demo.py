"""The demo on real parts: rounds of a file, played to the end; and what it says when something is wrong.

These tests are not async: children of the supervisor must be started from the main thread, in an event loop of its own.
"""

import asyncio
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text
from typer.testing import CliRunner

from orchestrator.errors import CovenantError
from scripts.cli.demo import app
from scripts.demo.cast import Cast
from scripts.demo.playlist import rounds_of_file
from scripts.demo.run import DemoFailed, Show
from scripts.demo.stage import WIDTH, Stage
from scripts.local.processes import SERVICES
from scripts.local.service import NothingHappened

HOUR_S = 3_600
DAY_S = 24 * HOUR_S

ROUNDS = (
    (0, 20_000_000_000),
    (HOUR_S, 17_000_000_000),
    (2 * HOUR_S, 13_500_000_000),
    (2 * HOUR_S + DAY_S, 13_500_000_000),
)
"""A fall in two steps, to what the reserve can bear and beyond; then a day in which a bill comes."""


@pytest.fixture
def rounds(tmp_path: Path) -> Path:
    return rounds_in(tmp_path, ROUNDS)


def rounds_in(folder: Path, rounds: Sequence[tuple[int, int]]) -> Path:
    """A file of them."""
    path = folder / "rounds.csv"
    path.write_text("updated_at,answer\n" + "".join(f"{10**9 + second},{answer}\n" for second, answer in rounds))
    return path


class Performance:
    """One show of a file of rounds, and what became of it."""

    def __init__(self, rounds: Path, folder: Path, **how: Any) -> None:
        self.told = StringIO()
        self.json_out = folder / "demo.json"
        stage = Stage(Console(file=self.told, width=WIDTH, highlight=False))
        self.show = Show(rounds_of_file(rounds), stage, folder / "logs", self.json_out, **how)

    def run(self) -> dict[str, Any]:
        asyncio.run(self.show.run())
        return self.facts

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.json_out.read_text())
        return facts


def test_a_file_of_rounds_is_played_from_the_offer_to_the_last_claim(rounds: Path, tmp_path: Path) -> None:
    performance = Performance(rounds, tmp_path)
    facts = performance.run()
    assert facts["passed"]
    assert [check["name"] for check in facts["checks"] if not check["passed"]] == []
    assert facts["rounds_played"] == len(ROUNDS)
    fired = [(one["mandate"], one["paid_from"], one["round"] and one["round"]["number"]) for one in facts["triggers"]]
    assert ("ltv", "reserve", 2) in fired
    assert ("ltv", "collateral", 3) in fired
    assert ("due", "reserve", None) in fired
    assert all(one["latency_blocks"] <= 2 and one["latency_ms"] > 0 for one in facts["triggers"])
    assert facts["holdings_after"]["USDC"]["balances"]["vault"] == "0"
    assert "What fired, because of what" in performance.told.getvalue()


def test_without_an_engine_it_says_what_it_waited_for(rounds: Path, tmp_path: Path) -> None:
    services = [service for service in SERVICES if service.name in ("indexer", "sender", "web")]
    performance = Performance(rounds, tmp_path, services=services, patience_s=1.0)
    with pytest.raises(NothingHappened, match="the repayments that the mandates on line 1 ask for at block"):
        performance.run()
    assert not performance.facts["passed"]


def test_a_mirror_that_differs_by_one_wei_fails_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = Cast.compare_mirror

    async def forge_and_compare(cast: Cast) -> Any:
        async with cast.engine.begin() as connection:
            await connection.execute(text("UPDATE lines SET claim_loan = claim_loan + 1"))
        return await compare(cast)

    monkeypatch.setattr(Cast, "compare_mirror", forge_and_compare)
    performance = Performance(rounds_in(tmp_path, ROUNDS[:1]), tmp_path)
    with pytest.raises(DemoFailed, match="the mirror equals the chain, to the wei") as caught:
        performance.run()
    assert "line 1 stateHash" in caught.value.message
    assert not performance.facts["passed"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("updated_at,answer\n1,0\n", "line 2: the answer is 0"),
        ("updated_at,answer\n1,many\n", "line 2: answer 'many' is not an integer"),
        ("nonsense\n", "of no known form"),
    ],
)
def test_a_bad_file_stops_the_demo_before_anything_is_started(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "bad.csv").write_text(content)
    out = tmp_path / "demo.json"
    result = CliRunner().invoke(app, ["--rounds", str(tmp_path / "bad.csv"), "--json-out", str(out)])
    assert isinstance(result.exception, CovenantError)
    assert complaint in result.exception.message
    assert not out.exists()
    assert result.output == ""
