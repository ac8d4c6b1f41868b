"""The committed ABIs are the compiler's, to the letter."""

import json
from pathlib import Path

import pytest

from scripts.deploy.abi import ABI_DIR, COMMITTED, differing, main, render, write
from scripts.deploy.artifacts import BUILD, Artifacts


@pytest.fixture
def abis(tmp_path: Path) -> Path:
    write(Artifacts(BUILD), tmp_path)
    return tmp_path


def test_the_committed_abis_are_those_of_the_compiled_contracts() -> None:
    assert differing(Artifacts(BUILD), ABI_DIR) == []


def test_what_was_written_does_not_differ(abis: Path) -> None:
    assert differing(Artifacts(BUILD), abis) == []
    assert sorted(path.stem for path in abis.iterdir()) == sorted(COMMITTED)


def test_a_function_that_is_gone_is_named(abis: Path) -> None:
    path = abis / "LocalFeed.json"
    entries = [entry for entry in json.loads(path.read_text()) if entry.get("name") != "push"]
    path.write_text(render(entries))
    assert differing(Artifacts(BUILD), abis) == [
        "LocalFeed.json is not that of LocalFeed: +function push(int256,uint256)"
    ]


def test_a_function_that_came_is_named(abis: Path) -> None:
    path = abis / "LocalFeed.json"
    entries = [*json.loads(path.read_text()), {"type": "function", "name": "pull", "inputs": []}]
    path.write_text(render(entries))
    assert differing(Artifacts(BUILD), abis) == ["LocalFeed.json is not that of LocalFeed: -function pull()"]


def test_another_form_of_the_same_is_a_difference(abis: Path) -> None:
    path = abis / "LocalFeed.json"
    path.write_text(json.dumps(json.loads(path.read_text())))
    (difference,) = differing(Artifacts(BUILD), abis)
    assert "the form" in difference


def test_missing_and_surplus_files_are_named_and_writing_again_repairs_them(abis: Path) -> None:
    (abis / "LocalFeed.json").unlink()
    (abis / "Stranger.json").write_text("[]")
    (abis / "LocalToken.json").write_text("not json")
    assert differing(Artifacts(BUILD), abis) == [
        "LocalFeed.json is missing",
        "LocalToken.json is not that of LocalToken: not JSON",
        "Stranger.json belongs to no contract",
    ]
    write(Artifacts(BUILD), abis)
    assert differing(Artifacts(BUILD), abis) == []


def test_check_exits_with_one_line_a_difference(
    abis: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scripts.deploy.abi.ABI_DIR", abis)
    assert main(["--check"]) == 0
    (abis / "LocalFeed.json").unlink()
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "abi: LocalFeed.json is missing\nabi: run `make abi` and commit what it wrote\n"
