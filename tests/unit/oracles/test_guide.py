"""The guide to the oracles is true: its examples run, say what it shows, and its commands exist."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from oracles.facts.fact import NothingSeen, Sighting
from oracles.health import DEFAULT_MARGIN_S, FeedStatus
from oracles.sources.quote import Quote, SourceFailed
from scripts.cli.app import app
from scripts.deploy.artifacts import ROOT

GUIDE = (ROOT / "docs" / "oracles.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
NOW = 1_700_000_000


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


def shown_after(example: str) -> str:
    place = [text for _, text in BLOCKS].index(example)
    language, text = BLOCKS[place + 1]
    assert language == "text"
    return text


def run(example: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(example, "docs/oracles.md", "exec"), names)
    return names


def test_the_example_of_aggregation_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    aggregation, _ = blocks("python")
    run(aggregation)
    assert capsys.readouterr().out == shown_after(aggregation)


@dataclass
class Scales:
    name: str = "scales"
    said_at: int | None = NOW

    async def quote(self) -> Quote:
        if self.said_at is None:
            raise SourceFailed(self.name, "answered 503")
        return Quote(self.name, Decimal("12.5"), None, self.said_at)


async def test_the_fact_of_ones_own_sees_something_or_nothing() -> None:
    _, fact = blocks("python")
    stock = run(fact)["StockFact"]
    assert await stock("north", Scales(), now=lambda: NOW + 60).look() == Sighting(Decimal("12.5"), NOW)
    for scales, now in ((Scales(said_at=None), NOW), (Scales(), NOW + 3_601)):
        with pytest.raises(NothingSeen, match="stock of north"):
            await stock("north", scales, now=lambda now=now: now).look()


def test_the_commands_on_the_past_do_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (rounds,), (history, backtests) = blocks("csv"), blocks("sh")
    Path("march.csv").write_text(rounds)
    assert said(history) == shown_after(history)
    for line in backtests.splitlines():
        assert "50 lines over 5 rounds" in said(line)
        assert {path.name for path in Path("report").iterdir()} == {"report.html", "lines.csv", "events.csv"}


def said(line: str) -> str:
    covenant, *words = line.split()
    assert covenant == "covenant"
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`covenant ([a-z][^`]*)`", GUIDE))))
def test_every_command_exists_with_its_options(line: str) -> None:
    ran = CliRunner().invoke(app, [*line.split(), "--help"])
    assert ran.exit_code == 0, ran.output


def test_every_status_of_a_feed_is_explained() -> None:
    told = re.findall(r"^\| ([a-z ]+) \| ", GUIDE[GUIDE.index("## Judging") :], re.MULTILINE)
    assert {one.replace(" ", "_") for one in told} - {"status"} == {*FeedStatus} - {"unknown"}
    assert f"the margin is {DEFAULT_MARGIN_S} s" in GUIDE
