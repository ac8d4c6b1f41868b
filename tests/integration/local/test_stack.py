"""What a stack does for its processes while it runs, and from one run to the next."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from psutil import NoSuchProcess

from tests.integration.local.running_stack import RunningStack, is_alive, start_stack

STEADY = ("steady", "steady")


def test_processes_get_a_database_that_was_migrated_a_redis_a_chain_and_what_was_prepared(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY) as stack:
        stack.until_running()
        (started,) = [line for line in stack.lines() if line["message"] == "started"]
        assert started["PREPARED"] == "yes"
        assert started["REDIS_URL"].startswith("unix://")
        assert _rpc(started["RPC_URL"], "eth_chainId") == hex(31337)
        with psycopg.connect(started["DATABASE_URL"].replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (0,)


def test_a_process_that_may_finish_is_not_started_again(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY, ("once", "finishes")) as stack:
        stack.until_running().send(signal.SIGTERM)
        assert stack.wait() == 0
        assert len(stack.started("once")) == 1


def test_lines_of_processes_pass_as_they_are_and_are_kept_in_a_file(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", ("broken", "exits-before-ready")) as stack:
        stack.wait()
        kept = (stack.state / "logs" / "broken.log").read_text().splitlines()
        assert {"process": "broken", "message": "a plain line about the reason"} in stack.lines()
        assert kept[-1] == "a plain line about the reason"
        assert json.loads(kept[0]) in stack.lines()


def test_database_and_chain_are_there_again_the_next_time(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state") as stack:
        _leave_a_mark(stack.until_running())
        stack.send(signal.SIGTERM)
        assert stack.wait() == 0
    with start_stack(tmp_path / "state") as again:
        assert _marks(again.until_running()) == (1, 1)


def test_after_the_chain_was_killed_chain_and_database_start_afresh_together(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state") as stack:
        _leave_a_mark(stack.until_running())
        stack.member("bin/anvil").kill()
        assert stack.wait() == 1
    with start_stack(tmp_path / "state") as again:
        assert _marks(again.until_running()) == (0, 0)
        assert again.said("starting afresh")
        assert (again.state / "previous" / "postgres").is_dir()


def test_a_killed_supervisor_does_not_stop_the_next_one(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state") as stack:
        stack.until_running().member("bin/postgres").kill()
        with suppress(NoSuchProcess):  # it may have noticed, and ended by itself
            stack.supervisor.kill()
        stack.until_nothing_is_left()
    with start_stack(tmp_path / "state") as again:
        again.until_running()


def test_a_second_stack_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state") as stack:
        stack.until_running()
        (tmp_path / "same").symlink_to(stack.state)
        with start_stack(tmp_path / "same") as refused:
            assert refused.wait() == 1
            assert f"process {stack.supervisor.pid}" in refused.error()["message"]
            assert "COVENANT_STATE_DIR" in refused.error()["hint"]
        assert is_alive(stack.supervisor)


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("DATABASE_URL", "postgresql+psycopg://someone:secret@127.0.0.1:{port}/credit"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:{port}/0"),
        ("RPC_URL", "http://127.0.0.1:{port}/secret"),
    ],
)
def test_a_given_server_that_does_not_answer_is_named_before_anything_starts(
    tmp_path: Path, variable: str, url: str
) -> None:
    with _closed_port() as port, start_stack(tmp_path / "state", env={variable: url.format(port=port)}) as stack:
        assert stack.wait() == 1
        assert stack.error()["message"].startswith(f"{variable}: no ")
        assert f"127.0.0.1:{port}" in stack.error()["message"]
        assert "secret" not in stack.errors()
        assert stack.lines() == []


def test_given_servers_are_used_and_left_alone(tmp_path: Path, database_url: str, redis_url: str, anvil: str) -> None:
    env = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "RPC_URL": anvil}
    with start_stack(tmp_path / "state", STEADY, env=env) as stack:
        stack.until_running()
        (started,) = [line for line in stack.lines() if line["message"] == "started"]
        assert {name: started[name] for name in env} == env
        assert not (stack.state / "postgres").exists()
        stack.send(signal.SIGTERM)
        assert stack.wait() == 0
    assert _rpc(anvil, "eth_chainId") == hex(31337)


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with start_stack(tmp_path / "state") as stack:
        assert stack.wait() == 1
        assert "COVENANT_STATE_DIR" in stack.error()["hint"]


@contextmanager
def _closed_port() -> Iterator[int]:
    """A port on which nobody listens while the block runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _rpc(url: str, method: str) -> object:
    return httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).json()["result"]


def _url(stack: RunningStack, part: str) -> str:
    (line,) = stack.said(f"{part} is up")
    return str(line["url"]).replace("+psycopg", "")


def _leave_a_mark(stack: RunningStack) -> None:
    _rpc(_url(stack, "anvil"), "anvil_mine")
    with psycopg.connect(_url(stack, "PostgreSQL")) as connection:
        connection.execute("CREATE TABLE mark (id int)")


def _marks(stack: RunningStack) -> tuple[int, int]:
    """Blocks of the chain, and tables called mark."""
    head = str(_rpc(_url(stack, "anvil"), "eth_blockNumber"))
    with psycopg.connect(_url(stack, "PostgreSQL")) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'mark'").fetchone()
    assert row is not None
    return int(head, 16), row[0]
