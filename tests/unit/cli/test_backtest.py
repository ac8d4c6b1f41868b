"""`covenant backtest`: what it prints, and the three files that it writes."""

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from orchestrator.errors import CovenantError
from scripts.cli.backtest import app

CRASH = [2_000, 1_990, 2_010, 1_700, 1_500, 1_100, 1_000, 1_050, 1_200]
DAY = 86_400


@pytest.fixture
def rounds(tmp_path: Path) -> Path:
    path = tmp_path / "rounds.csv"
    rows = [f"{1_700_000_000 + i * DAY},{dollars * 10**8}" for i, dollars in enumerate(CRASH)]
    path.write_text("\n".join(["updated_at,answer", *rows]) + "\n")
    return path


def run(*arguments: object) -> str:
    ran = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(ran.exception, CovenantError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_facts_and_files_say_the_same(rounds: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    facts = json.loads(run("--rounds", rounds, "--lines", 40, "--workers", 1, "--out", out, "--json"))
    lines = list(csv.DictReader((out / "lines.csv").read_text().splitlines()))
    events = list(csv.DictReader((out / "events.csv").read_text().splitlines()))
    assert facts["lines"] == len(lines) == 40
    assert facts["liquidations"] == sum(event["act"] == "liquidation" for event in events) > 0
    assert facts["triggers"] == sum(int(line["triggers"]) for line in lines) > 0
    assert int(facts["shortfall"]) == sum(int(line["shortfall"]) for line in lines) > 0
    assert sum(facts["ended"].values()) == 40
    assert facts["worst"][0]["ltv_bps"] == max(int(line["worst_ltv_bps"]) for line in lines if line["worst_ltv_bps"])


def test_the_report_needs_nothing_but_itself(rounds: Path, tmp_path: Path) -> None:
    run("--rounds", rounds, "--lines", 40, "--workers", 1, "--out", tmp_path)
    page = (tmp_path / "report.html").read_text()
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 5
    for chart in charts:
        image = ElementTree.fromstring(chart)
        assert image.get("role") == "img"
        assert image.get("aria-label")
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)
    assert "liquidations" in page
    assert "$" not in page.replace("$defs", "")


def test_the_report_is_read_in_light_and_in_darkness(rounds: Path, tmp_path: Path) -> None:
    """Words and axes take the page's colour, and nothing is painted behind them."""
    run("--rounds", rounds, "--lines", 40, "--workers", 1, "--out", tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "prefers-color-scheme: dark" in page
    for chart in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert "currentColor" in chart
        assert "#ffffff" not in chart
        assert "#000000" not in chart


def test_the_report_says_in_words_who_paid_who_lost_and_what_is_open(rounds: Path, tmp_path: Path) -> None:
    facts = json.loads(run("--rounds", rounds, "--lines", 40, "--workers", 1, "--out", tmp_path, "--json"))
    page = (tmp_path / "report.html").read_text()
    assert re.search(r"[\d,.]+ loan tokens were repaid, \d+\.\d\d % of it by mandates", page)
    assert f"{facts['liquidated']} of 40 lines" in page
    assert f"{facts['shortfalls']} of them ended with debt that nothing was behind" in page
    assert 0 < facts["liquidated"] <= facts["liquidations"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "header"),
        ("when,what\n1,2\n", "'when,what'"),
        ("updated_at,answer\n1,x\n", "line 2"),
        ("updated_at,answer\n", "no round"),
    ],
)
def test_a_file_that_holds_no_rounds_is_refused_by_what_is_wrong_in_it(
    tmp_path: Path, content: str, named: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    with pytest.raises(CovenantError) as refused:
        run("--rounds", path, "--lines", 1)
    assert named in refused.value.message
    assert refused.value.hint


def test_the_same_back_test_writes_the_same_report(rounds: Path, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        run("--rounds", rounds, "--lines", 10, "--workers", 1, "--out", tmp_path / folder)
    assert (tmp_path / "first" / "report.html").read_bytes() == (tmp_path / "second" / "report.html").read_bytes()


def test_a_saved_book_plays_as_it_did(rounds: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    made = json.loads(run("--rounds", rounds, "--lines", 10, "--save-book", book, "--workers", 1, "--json"))
    read = json.loads(run("--rounds", rounds, "--book", book, "--workers", 1, "--json"))
    assert {**made, "took_s": 0} == {**read, "took_s": 0}


def test_people_read_the_headline_and_every_act(rounds: Path) -> None:
    said = run("--rounds", rounds, "--lines", 10, "--workers", 1)
    assert "10 lines over 9 rounds" in said
    assert "bill by the borrower" in said


@pytest.mark.parametrize("which", [(), ("--book", "book.csv", "--lines", 5)])
def test_a_book_or_a_number_of_lines_is_asked_for(rounds: Path, which: tuple[object, ...]) -> None:
    with pytest.raises(CovenantError, match="which lines"):
        run("--rounds", rounds, *which)
