"""However a stack ends, none of its processes and none of its sockets are there afterwards."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.local.redis import server_binary
from tests.integration.local.running_stack import is_alive, start_stack, until

STEADY = ("steady", "steady")
STUBBORN = ("stubborn", "ignores-sigterm")
PARENT = ("parent", "has-child")

LONG_QUERY = """
import sys, psycopg
psycopg.connect(f"host={sys.argv[1]} user=covenant").execute("SELECT count(*) FROM generate_series(1, 100000000000)")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with start_stack(tmp_path / "state", STEADY, STUBBORN, PARENT) as stack:
        stack.until_running().send(number)
        assert stack.wait() == 0
        assert stack.survivors() == []
        stack.until_nothing_is_left()
        assert stack.said("nothing is left running")
        assert stack.errors() == ""
        assert not (stack.state / "chain.running").exists()
        assert not (stack.state / "postgres" / "postmaster.pid").exists()


def test_kill_9_of_the_supervisor_ends_everything(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY, STUBBORN, PARENT) as stack:
        stack.until_running().send(signal.SIGKILL)
        stack.until_nothing_is_left()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_kill_9_of_the_supervisor_and_its_guard_together_ends_everything_that_stops_when_asked(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY) as stack:
        guard = stack.until_running().member("guard.py")
        guard.suspend()
        stack.send(signal.SIGKILL)
        guard.kill()
        until(lambda: stack.survivors() == [], "all its processes ended")


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("bin/postgres", "PostgreSQL"),
        (server_binary().name, "Redis"),
        ("bin/anvil", "anvil"),
        ("guard.py", "the guard"),
    ],
)
def test_kill_9_of_a_part_of_the_ground_ends_everything_and_says_so(tmp_path: Path, program: str, name: str) -> None:
    with start_stack(tmp_path / "state", STEADY, PARENT) as stack:
        stack.until_running().member(program).kill()
        assert stack.wait() == 1
        stack.until_nothing_is_left()
        assert stack.error()["message"].startswith(name)
        assert "was killed by SIGKILL" in stack.error()["message"]


def test_kill_9_of_postgres_in_the_middle_of_a_long_query_leaves_no_backend(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state") as stack:
        server = stack.until_running().member("bin/postgres")
        client = subprocess.Popen([sys.executable, "-c", LONG_QUERY, str(stack.directory() / "pg")])
        until(lambda: any("SELECT" in " ".join(child.cmdline()) for child in server.children()), "the query runs")
        stack.look()
        server.kill()
        client.kill()
        client.wait()
        assert stack.wait() == 1
        stack.until_nothing_is_left()


def test_kill_9_of_a_process_takes_its_children_along_and_starts_it_again(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY, PARENT) as stack:
        stack.until_running()
        first = psutil.Process(stack.started("parent")[0])
        (grandchild,) = first.children()
        first.kill()
        until(lambda: not is_alive(grandchild), "its child ended")
        until(lambda: len(stack.started("parent")) == 2, "it was started again")
        assert stack.said("parent was killed by SIGKILL; starting it again")
        assert len(stack.started("steady")) == 1
        stack.send(signal.SIGTERM)
        assert stack.wait() == 0
        stack.until_nothing_is_left()


@pytest.mark.parametrize(
    ("mode", "how"),
    [
        ("exits-before-ready", "exited with code 7 before it was ready"),
        ("never-ready", "was not ready within 3 s"),
        ("fails", "exited with code 3"),
    ],
)
def test_a_failed_start_ends_everything_and_says_which_process_failed(tmp_path: Path, mode: str, how: str) -> None:
    with start_stack(tmp_path / "state", STEADY, ("broken", mode)) as stack:
        # Of the other one nothing may be seen: it may be ended before it says a word.
        until(lambda: bool(stack.look() and stack.started("broken")), "it started")
        assert stack.wait() == 1
        stack.until_nothing_is_left()
        assert stack.error()["message"] == f"broken {how}"


def test_ctrl_c_in_the_middle_of_the_start_ends_everything(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STEADY) as stack:
        until(lambda: len(stack.look()) > 2, "PostgreSQL is being created")
        stack.send(signal.SIGINT)
        assert stack.wait() == 0
        stack.until_nothing_is_left()


def test_a_second_ctrl_c_does_not_wait_for_a_process_that_will_not_stop(tmp_path: Path) -> None:
    with start_stack(tmp_path / "state", STUBBORN) as stack:
        stack.until_running().send(signal.SIGINT)
        stack.send(signal.SIGINT)
        stack.wait()
        stack.until_nothing_is_left()
