"""What commands find of a stack that runs here."""

import stat
from pathlib import Path

import pytest

from scripts.cli._settings import settings_of_service
from scripts.local.state import SETTINGS_FILE
from tests.integration.local.running_stack import start_stack

NAMES = ("DATABASE_URL", "REDIS_URL", "RPC_URL", "COVENANT_CHAIN_ID", "COVENANT_BOOK")


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COVENANT_STATE_DIR", str(tmp_path / "state"))


def test_commands_find_the_stack_that_runs_here_and_only_while_it_runs(tmp_path: Path) -> None:
    published = tmp_path / "state" / SETTINGS_FILE
    with start_stack(tmp_path / "state", ("steady", "steady")) as stack:
        stack.until_running()
        settings = settings_of_service()
        assert "host=" in settings.require_database_url()
        assert settings.require_rpc_urls()[0].startswith("http://127.0.0.1:")
        assert stat.S_IMODE(published.stat().st_mode) == 0o600
        stack.supervisor.terminate()
        stack.until_nothing_is_left()
    assert not published.exists()
    assert settings_of_service().database_url is None


def test_an_environment_that_names_a_service_is_believed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start_stack(tmp_path / "state", ("steady", "steady")) as stack:
        stack.until_running()
        monkeypatch.setenv("RPC_URL", "http://127.0.0.1:1")
        assert settings_of_service().database_url is None


def test_what_a_killed_stack_left_behind_is_not_believed(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", ("steady", "steady")) as stack:
        stack.until_running()
        stack.supervisor.kill()
        stack.until_nothing_is_left()
    assert (tmp_path / "state" / SETTINGS_FILE).exists()
    assert settings_of_service().database_url is None
