"""A private directory for sockets and short-lived data, and the guard that ends what runs in it."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")

# A unix socket's path has at most 103 bytes on macOS and 107 on Linux; below the directory 40 are needed.
MAX_DIR_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Runtime:
    """`directory` is gone when the runtime is closed. `guard_fd` is where children register (see `launch`)."""

    directory: Path
    guard_fd: int
    guard: asyncio.subprocess.Process
    running: set[int] = field(default_factory=set)

    def started(self, pid: int) -> None:
        self.running.add(pid)

    def ended(self, pid: int) -> None:
        """Ends what a killed child left in its process group, and tells the guard to forget it."""
        kill_group(pid)
        self.running.discard(pid)
        with suppress(BrokenPipeError):  # the guard itself may be gone
            os.write(self.guard_fd, b"-%d\n" % pid)

    def kill_all(self) -> None:
        """Ends all children at once."""
        for pid in self.running:
            kill_group(pid)


def make_directory() -> Path:
    """A new directory that only this user may change; root lets others pass through, to subdirectories they own."""
    parent = tempfile.gettempdir()
    if len(parent) > MAX_DIR_LENGTH - len("/covenant-12345678"):
        parent = "/tmp"  # noqa: S108 - mkdtemp makes an unpredictable private directory there
    directory = Path(tempfile.mkdtemp(prefix="covenant-", dir=parent))
    if os.geteuid() == 0:
        directory.chmod(0o711)
    return directory


@asynccontextmanager
async def open_runtime(held_fds: Sequence[int] = ()) -> AsyncIterator[Runtime]:
    """Starts the guard and, at the end, waits until it has ended what is left and removed the directory.

    The guard inherits `held_fds`: a lock on one of them is free only when the guard, too, is done.
    """
    directory = make_directory()
    registry, guard_fd = os.pipe()
    try:
        guard = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", str(GUARD), str(directory),
            stdin=registry, pass_fds=held_fds, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(registry)
    try:
        yield Runtime(directory, guard_fd, guard)
    finally:
        os.close(guard_fd)
        await asyncio.shield(guard.wait())
        shutil.rmtree(directory, ignore_errors=True)  # in case the guard itself was killed


def kill_group(group: int) -> None:
    """SIGKILL to a process group; one that is gone already is fine."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(group, signal.SIGKILL)


def describe_exit(code: int) -> str:
    """An exit code as a person reads it."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
