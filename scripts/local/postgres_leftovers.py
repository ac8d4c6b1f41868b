"""What a killed PostgreSQL leaves behind: a stale `postmaster.pid`, a server without an owner, shared memory."""

import asyncio
import ctypes
import signal
from contextlib import suppress
from pathlib import Path

import psutil

from orchestrator.errors import CovenantError

ENDS_WITHIN_S = 15.0
POLL_S = 0.05

# The lines of postmaster.pid: pid, data directory, start time, port, socket directory, listen address, shared memory.
PID_LINE = 0
SHARED_MEMORY_LINE = 6

IPC_RMID = 0


async def clear_leftovers(data: Path) -> None:
    """Makes `data` free for a new server. The caller holds the lock on the state that `data` belongs to.

    A server that still runs on it has lost its owner: it is asked to stop. A `postmaster.pid` without its server is
    removed, because its pid may belong to another program by now and PostgreSQL would refuse to start.
    """
    server = running_server(data)
    if server is not None:
        server.send_signal(signal.SIGINT)
        deadline = asyncio.get_running_loop().time() + ENDS_WITHIN_S
        while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
            if asyncio.get_running_loop().time() > deadline:
                raise CovenantError(
                    f"a PostgreSQL server (process {server.pid}) still runs on {data} and does not stop",
                    f"stop it with: kill -9 {server.pid}",
                )
            await asyncio.sleep(POLL_S)
    (data / "postmaster.pid").unlink(missing_ok=True)


def running_server(data: Path) -> psutil.Process | None:
    """The server whose `postmaster.pid` lies in `data`, if it is alive and really one of that directory."""
    lines = _pid_file(data)
    with suppress(psutil.Error, ValueError, IndexError):
        process = psutil.Process(int(lines[PID_LINE]))
        if Path(process.cwd()) == data.resolve() and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def shared_memory_id(data: Path) -> int | None:
    """The System V segment of the running server: how PostgreSQL knows that others use its data."""
    lines = _pid_file(data)
    with suppress(ValueError, IndexError):
        return int(lines[SHARED_MEMORY_LINE].split()[1])
    return None


def remove_shared_memory(segment: int) -> None:
    """Removes a segment; one that is gone already is fine."""
    ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
