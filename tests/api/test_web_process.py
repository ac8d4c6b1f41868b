"""The web process: serves where it is told to, says in one line why it cannot, and is gone soon after the stop."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestrator.errors import CovenantError
from orchestrator.settings import load_settings
from scripts.processes import web
from tests.api.ground import Ground

GONE_WITHIN_S = 10
"""Two seconds are promised to a machine with time; one that tests in parallel has little."""


@pytest.fixture
def environment(ground: Ground, empty_database: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What the process needs, with any free port."""
    ground.book.dump(tmp_path / "book.json")
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "DATABASE_URL": empty_database,
        "REDIS_URL": redis_url,
        "RPC_URL": ground.url,
        "COVENANT_CHAIN_ID": str(ground.book.chain_id),
        "COVENANT_BOOK": str(tmp_path / "book.json"),
        "COVENANT_API_PORT": "0",
    }


def start(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.processes.web"], env=environment, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running process and its address, from its own log."""
    process = start(environment)
    try:
        yield process, address_of(process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def notified(path: Path) -> Iterator[socket.socket]:
    """A supervisor's end of NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(60)
        yield listener


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        message = json.loads(line).get("message", "") if line.startswith("{") else ""
        if message.startswith("listening on "):
            return str(message.removeprefix("listening on "))
    raise AssertionError(f"it never listened: {''.join(said)}")


def test_it_says_when_it_is_ready_logs_requests_as_json_and_stops_on_sigterm(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with (
        notified(tmp_path / "notify") as supervisor,
        serving(environment | {"NOTIFY_SOCKET": str(tmp_path / "notify")}) as (process, address),
        httpx.Client(base_url=address) as client,
    ):
        assert supervisor.recv(100) == b"READY=1"
        assert client.get("/health/live").json() == {"status": "ok"}
        assert client.get("/v1/lines").json()["code"] == "mirror_empty"
        assert client.get("/health/ready").status_code == 503
        assert "server" not in client.get("/health/live").headers
        stopped_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - stopped_at < GONE_WITHIN_S
        assert process.stderr is not None
        logged = [json.loads(line) for line in process.stderr]
    requests: list[dict[str, Any]] = [line for line in logged if line["message"] == "request"]
    assert [(line["path"], line["status"]) for line in requests] == [
        ("/health/live", 200), ("/v1/lines", 503), ("/health/ready", 503), ("/health/live", 200),
    ]  # fmt: skip
    assert {line["process"] for line in logged} == {"web"}


def test_a_request_that_hangs_does_not_hold_up_the_stop_nor_a_dead_node_the_start(environment: dict[str, str]) -> None:
    with serving(environment | {"RPC_URL": "http://127.0.0.1:9"}) as (process, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /v1/offers HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
            connection.sendall(b"content-length: 100\r\n\r\n{")
            time.sleep(0.2)
            stopped_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
            assert time.monotonic() - stopped_at < GONE_WITHIN_S


def test_a_port_in_use_is_one_clear_line(environment: dict[str, str]) -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        process = start(environment | {"COVENANT_API_PORT": str(port)})
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith(f"web: port {port} of 127.0.0.1 is in use — ")
    assert "COVENANT_API_PORT" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"REDIS_URL": None}, "REDIS_URL is not set"),
        ({"COVENANT_CHAIN_ID": "5"}, "is of chain 31337, but chain 5 is configured"),
        ({"COVENANT_BOOK": "/none.json"}, "there is no address book at /none.json"),
        ({"COVENANT_API_HOST": "no such host"}, "is no address of this machine"),
        ({"DATABASE_URL": "postgresql://covenant:secret@127.0.0.1:9/none"}, "the database cannot be reached"),
    ],
)
async def test_it_refuses_to_start_with_what_is_missing_or_wrong(
    environment: dict[str, str], changes: dict[str, str | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**environment, **changes}.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(CovenantError) as refused:
        await web.run(load_settings())
    assert said in refused.value.message
    assert refused.value.hint
    assert "secret" not in str(refused.value)


async def test_an_answer_is_not_held_back_until_the_one_before_is_acknowledged() -> None:
    """A response is written in more than one piece: with Nagle's algorithm the second would wait for up to 40 ms."""
    without_delay: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        without_delay.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with web.listening("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(accepted, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await without_delay
            writer.close()
