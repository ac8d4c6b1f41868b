"""Outlives its owner by a moment: when the owner is gone, however it went, ends what the owner had running.

Run as `python -I -S guard.py RUNTIME_DIR`; standard library only. Standard input is a pipe that only the owner and
children that are about to start hold open: `+PID SIGNAL` registers a process group and how to ask it to stop, `-PID`
says that it has ended. When the pipe ends, the guard stops what is still registered and removes RUNTIME_DIR.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 3.0
POLL_S = 0.02


def read_registry(lines: Iterable[bytes]) -> dict[int, int]:
    """Process group and stop signal of what is still registered when the lines end."""
    registered: dict[int, int] = {}
    for line in lines:
        pid, _, stop_signal = line[1:].partition(b" ")
        if line.startswith(b"+"):
            registered[int(pid)] = int(stop_signal)
        else:
            registered.pop(int(pid), None)
    return registered


def send(group: int, signal_number: int) -> bool:
    """Whether the group still has a process that the signal could be sent to (signal 0 only asks)."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return False
    return True


def stop(registered: dict[int, int]) -> None:
    """Asks each group to stop, and kills what has not within the grace period."""
    remaining = [group for group, stop_signal in registered.items() if send(group, stop_signal)]
    deadline = time.monotonic() + GRACE_S
    while remaining and time.monotonic() < deadline:
        time.sleep(POLL_S)
        remaining = [group for group in remaining if send(group, 0)]
    for group in remaining:
        send(group, signal.SIGKILL)


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    stop(read_registry(sys.stdin.buffer))
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
