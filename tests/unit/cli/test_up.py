"""What `covenant up` refuses before it starts anything."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def refused(state: Path, **variables: str) -> dict[str, str]:
    """The error of a `covenant up` that must not have started anything."""
    command = [sys.executable, "-c", "from scripts.cli.app import main; main()", "up", "--json"]
    env = {**os.environ, "COVENANT_STATE_DIR": str(state), **variables}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert not state.exists()
    return dict(json.loads(ended.stderr)["error"])


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        error = refused(tmp_path / "state", COVENANT_API_PORT=str(port))
    assert error["message"] == f"port {port} of 127.0.0.1 is in use"
    assert "COVENANT_API_PORT" in error["hint"]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"COVENANT_API_PORT": "many"}, "COVENANT_API_PORT"),
        ({"DATABASE_URL": "mysql://user:secret@host/db"}, "DATABASE_URL"),
        ({"RPC_URL": "http://127.0.0.1:1"}, "COVENANT_CHAIN_ID"),
    ],
)
def test_a_wrong_or_missing_setting_is_named(tmp_path: Path, variables: dict[str, str], named: str) -> None:
    error = refused(tmp_path / "state", **variables)
    assert named in error["message"]
    assert "secret" not in error["message"] + error["hint"]
