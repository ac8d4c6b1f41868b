"""Telling a supervisor that a process is ready."""

import socket
import tempfile
from pathlib import Path

import pytest

from orchestrator.readiness import notify_ready


def test_whoever_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not under tmp_path, whose length may exceed what a socket's path can have.
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = Path(directory) / "notify.sock"
        listener.bind(str(path))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        notify_ready()
        assert listener.recv(100) == b"READY=1"


def test_without_a_supervisor_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify_ready()


def test_a_supervisor_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with pytest.raises(OSError, match="No such file"):
        notify_ready()
