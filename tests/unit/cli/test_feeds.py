"""`covenant feeds history`: a file of rounds judged without a service."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli.feeds import app
from tests.unit.oracles.test_directory import directory, entry

ROUNDS = """\
updated_at,answer
1000,100
0,0
4700,101
9000,70
"""


@pytest.fixture
def rounds(tmp_path: Path) -> Path:
    path = tmp_path / "rounds.csv"
    path.write_text(ROUNDS)
    return path


def test_each_status_is_counted_and_what_is_remarkable_or_refused_is_told(rounds: Path) -> None:
    ran = CliRunner().invoke(app, ["history", str(rounds), "--json"])
    facts = json.loads(ran.stdout)
    assert facts["rows"] == 4
    assert facts["refused"] == [{"line": 3, "reason": "updatedAt is 0: the round was never completed"}]
    assert {status: count for status, count in facts["rounds"].items() if count} == {"late": 1, "stale": 1, "jumped": 1}
    assert facts["longest_gap_s"] == 4_300
    assert [one["status"] for one in facts["remarkable"]] == ["stale", "jumped"]


def test_the_directory_says_how_long_the_feed_is_believed(rounds: Path, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.json"
    feeds.write_text(directory(entry(heartbeat=5_000)))
    ran = CliRunner().invoke(app, ["history", str(rounds), "--directory", str(feeds), "--feed", "eth-usd", "--json"])
    facts = json.loads(ran.stdout)
    assert (facts["heartbeat_s"], facts["rounds"]["fresh"], facts["rounds"]["jumped"]) == (5_000, 2, 1)


def test_people_read_it_as_lines(rounds: Path) -> None:
    ran = CliRunner().invoke(app, ["history", str(rounds)])
    assert "4 rows, heartbeat 3600 s and margin 300 s" in ran.stdout
    assert "moved 3069 bps" in ran.stdout
