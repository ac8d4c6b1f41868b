"""The state directory of `covenant up`, seen from outside."""

import os
from pathlib import Path

from scripts.doctor.diagnosis import Grade
from scripts.doctor.local_stack import check_state_dir
from scripts.local.state import open_state


def test_a_stack_that_never_ran_is_well_and_leaves_no_directory(tmp_path: Path) -> None:
    state_dir = tmp_path / "deep" / ".covenant"
    assert check_state_dir(state_dir).grade is Grade.OK
    assert not state_dir.exists()


def test_a_running_stack_is_named_by_its_process(tmp_path: Path) -> None:
    with open_state(tmp_path):
        diagnosis = check_state_dir(tmp_path)
    assert diagnosis.grade is Grade.OK
    assert f"process {os.getpid()}" in diagnosis.found
    assert "not running" in check_state_dir(tmp_path).found


def test_looking_does_not_keep_a_stack_from_starting(tmp_path: Path) -> None:
    with open_state(tmp_path):
        pass
    check_state_dir(tmp_path)
    with open_state(tmp_path) as state:
        assert state.path == tmp_path.resolve()


def test_an_embedded_chain_that_was_killed_is_a_warning(tmp_path: Path) -> None:
    with open_state(tmp_path) as state:
        state.mark_running()
    diagnosis = check_state_dir(tmp_path)
    assert diagnosis.grade is Grade.WARN
    assert "lost blocks" in diagnosis.found


def test_a_directory_that_cannot_be_made_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    diagnosis = check_state_dir(tmp_path / "file" / ".covenant")
    assert diagnosis.grade is Grade.FAIL
    assert "COVENANT_STATE_DIR" in diagnosis.remedy
