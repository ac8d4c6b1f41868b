"""A stack in a process of its own, seen from outside: what it prints, what belongs to it, what is left of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

TIMEOUT_S = 20.0
POLL_S = 0.02

Line = dict[str, Any]


def until(condition: Callable[[], bool], what: str, *, timeout_s: float = TIMEOUT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(POLL_S)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class RunningStack:
    """`members` are all processes that were ever seen to belong to it."""

    def __init__(self, state: Path, processes: Sequence[tuple[str, str]], env: Mapping[str, str]) -> None:
        self.state = state
        self._out = state.with_name(f"{state.name}.out")
        self._err = state.with_name(f"{state.name}.err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.local.stack_runner", str(state), json.dumps(processes)],
                stdout=out, stderr=err, env={**os.environ, **env},
            )  # fmt: skip
        self.supervisor = psutil.Process(self._popen.pid)
        self.members: set[psutil.Process] = {self.supervisor}

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self._out.read_text().splitlines()]

    def errors(self) -> str:
        return self._err.read_text()

    def error(self) -> dict[str, str]:
        """The one error for people that it ended with."""
        (line,) = self.errors().splitlines()
        return dict(json.loads(line)["error"])

    def said(self, text: str) -> list[Line]:
        return [line for line in self.lines() if text in line["message"]]

    def look(self) -> set[psutil.Process]:
        """Notices who belongs to it now, and returns all who ever did."""
        if is_alive(self.supervisor):
            self.members |= set(self.supervisor.children(recursive=True))
        return self.members

    def until_running(self) -> "RunningStack":
        def running() -> bool:
            assert self._popen.poll() is None, self.errors()
            self.look()
            return bool(self.said("running"))

        until(running, "the stack runs")
        self.look()
        return self

    def member(self, name: str) -> psutil.Process:
        """The one child of the supervisor whose command line has `name` in it."""
        found = [child for child in self.supervisor.children() if any(name in word for word in child.cmdline()[:5])]
        (process,) = found
        return process

    def started(self, name: str) -> list[int]:
        """The pids with which a fake process started so far."""
        return [line["pid"] for line in self.lines() if line.get("process") == name and line["message"] == "started"]

    def send(self, number: signal.Signals) -> None:
        self.look()
        self.supervisor.send_signal(number)

    def wait(self) -> int:
        return self._popen.wait(TIMEOUT_S)

    def directory(self) -> Path:
        """The private directory of its sockets."""
        (line,) = self.said("Redis is up")
        return Path(str(line["url"]).removeprefix("unix://")).parents[1]

    def survivors(self) -> list[str]:
        return [f"{process.pid} {process.name()}" for process in self.members if is_alive(process)]

    def until_nothing_is_left(self) -> None:
        until(lambda: not any(is_alive(member) for member in self.members), "all its processes ended")
        if self.said("Redis is up"):
            until(lambda: not self.directory().exists(), "its directory of sockets is gone")

    def clean_up(self) -> None:
        self.look()
        for process in self.members:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._popen.wait(TIMEOUT_S)


@contextmanager
def start_stack(
    state: Path, *processes: tuple[str, str], env: Mapping[str, str] | None = None
) -> Iterator[RunningStack]:
    """A stack that has been told to start; whatever the test leaves of it is killed at the end."""
    stack = RunningStack(state, processes, env or {})
    try:
        yield stack
    finally:
        stack.clean_up()
