"""The state directory of `covenant up`: what is there again the next time, and the lock of its one supervisor."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import CovenantError

LOG_LIMIT_BYTES = 10_000_000
SETTINGS_FILE = "running.env"
"""In a state directory while a stack runs on it: the settings by which other commands find what is embedded."""


@dataclass(frozen=True, slots=True)
class StateDir:
    """A locked state directory. `lock_fd` may be handed to the guard, so that the lock lasts until all is ended."""

    path: Path
    lock_fd: int

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def chain(self) -> Path:
        """anvil's state file, written at an orderly stop."""
        return self.path / "chain.json"

    def log(self, name: str) -> Path:
        """The log file of a part or process. One that has grown large is put aside first, over the one before it."""
        logs = self.path / "logs"
        logs.mkdir(exist_ok=True)
        path = logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    @contextmanager
    def published(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Lets the commands of this user find what runs here, until the end of the block."""
        path = self.path / SETTINGS_FILE
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{name}='{value}'\n" for name, value in settings.items())
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def mark_running(self) -> None:
        """From now on the chain's file is behind the chain, until `mark_stopped`."""
        self._running.touch()

    def mark_stopped(self) -> None:
        """The chain was written."""
        self._running.unlink(missing_ok=True)

    @property
    def chain_was_lost(self) -> bool:
        """Whether the embedded chain ended without being written, so that its file is behind what mirrored it."""
        return self._running.exists()

    def put_aside(self) -> Path:
        """Moves chain and database into `previous/` (over what is there) and returns that directory."""
        previous = self.path / "previous"
        shutil.rmtree(previous, ignore_errors=True)
        previous.mkdir()
        for path in (self.postgres, self.chain):
            if path.exists():
                path.rename(previous / path.name)
        self.mark_stopped()
        return previous

    @property
    def _running(self) -> Path:
        return self.path / "chain.running"


@contextmanager
def open_state(path: Path) -> Iterator[StateDir]:
    """Creates the directory if need be and locks it.

    Raises CovenantError when another supervisor has it, or when it cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock_fd = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CovenantError(
            f"the state directory {path} cannot be used: {error.strerror}",
            "set COVENANT_STATE_DIR to a directory that you may write",
        ) from None
    try:
        _lock(lock_fd, path)
        yield StateDir(path.resolve(), lock_fd)
    finally:
        os.close(lock_fd)


def _lock(lock_fd: int, path: Path) -> None:
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock_fd, 20, 0).decode(errors="replace").strip() or "unknown"
        raise CovenantError(
            f"another covenant up (process {holder}) has the state directory {path}",
            "stop that one first, or set COVENANT_STATE_DIR to another directory",
        ) from None
    os.ftruncate(lock_fd, 0)
    os.pwrite(lock_fd, b"%d\n" % os.getpid(), 0)
