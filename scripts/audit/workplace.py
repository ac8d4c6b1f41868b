"""The folder that an audit works in: one audit at a time, and no report of an earlier one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import CovenantError

PAGE, FACTS = "report.md", "report.json"


@contextmanager
def open_workplace(folder: Path) -> Iterator[None]:
    """Keeps other audits out of ``folder``, and removes the report there: it must not be taken for this one's.

    Raises CovenantError when another audit is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CovenantError(f"another audit is at work in {folder}", "wait until it has ended") from None
        for name in (PAGE, FACTS):
            (folder / name).unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)
