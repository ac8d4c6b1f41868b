"""The long run of histories: told as it goes, kept, and resumed."""

from pathlib import Path

import pytest

from orchestrator.credit.operations import credit
from orchestrator.credit.units import Wei
from tests.contracts.deep_histories import main


def test_seeds_that_passed_are_kept_and_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "histories.json"

    assert main(["0..1"], kept) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"

    assert main(["0..2"], kept) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "3 seeds, 2 of which passed before"
    assert told[-1] == "3 passed, 0 failed"


def test_a_seed_that_fails_is_told_with_the_command_that_repeats_it_and_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credit, "keeper_fee_down", lambda paid, fee_bps: Wei(0))
    kept = tmp_path / "histories.json"

    assert main(["0..9"], kept) == 1

    told = capsys.readouterr().out
    assert "contracts and rules differ after step" in told
    assert "again: make deep-histories SEEDS=" in told
    failed = int(told.splitlines()[-1].split(", ")[1].split()[0])
    assert failed > 0
    monkeypatch.undo()
    assert main(["0..9"], kept) == 0
    assert f"10 seeds, {10 - failed} of which passed before" in capsys.readouterr().out


@pytest.mark.parametrize("seeds", ["ten", "5..4", "-3"])
def test_seeds_of_another_form_are_refused(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--", seeds])
    assert exit_.value.code == 2
    assert repr(seeds) in capsys.readouterr().err
