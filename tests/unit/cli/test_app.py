"""The rules that hold for every `covenant` command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.errors import CovenantError
from scripts.cli import app
from scripts.cli.app import main, noun_files


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["covenant", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.fixture
def noun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A noun of the test's own, the only one there is."""
    source = tmp_path / "test_noun.py"
    source.write_text('"""Says what happened.\n\nAnd more."""\nraise AssertionError("imported by a listing")\n')
    monkeypatch.setattr(app, "NOUNS_DIR", tmp_path)
    return "test-noun"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(app.Nouns, "invoke", fail)


def test_every_noun_tells_what_it_does_in_one_line() -> None:
    nouns = list(noun_files())
    assert {"up", "deploy", "doctor"} <= {name for name, _ in nouns}
    assert [name for name, source in nouns if not app.help_of(source)] == []


def test_help_lists_a_noun_without_importing_it(
    noun: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    assert noun in (listing := capsys.readouterr().out)
    assert "Says what happened." in listing
    assert "And more" not in listing


def test_help_loads_neither_web3_nor_sqlalchemy() -> None:
    code = "import sys; sys.argv = ['covenant', '--help']\nfrom scripts.cli.app import main\ntry: main()\nfinally: " + (
        "assert not {'web3', 'sqlalchemy', 'eth_account'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_an_error_for_people_is_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, CovenantError("the [database] is away", "start it"))
    assert run(monkeypatch, "doctor") == 1
    output = capsys.readouterr()
    assert output.err == "error: the [database] is away — start it\n"
    assert output.out == ""


def test_with_json_an_error_for_people_is_an_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, CovenantError("the database is away", "start it"))
    assert run(monkeypatch, "doctor", "--json") == 1
    assert json.loads(capsys.readouterr().err) == {"error": {"message": "the database is away", "hint": "start it"}}


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ZeroDivisionError())
    monkeypatch.setattr(sys, "argv", ["covenant", "doctor"])
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.parametrize("arguments", [("no-such-noun",), ("--no-such-option",), ()])
def test_a_wrong_command_line_ends_with_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert run(monkeypatch, *arguments) == 2


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert run(monkeypatch, "doctor") == 130
