"""The local stack of `covenant up`: whether one runs, and how the last one ended."""

import fcntl
import os
from contextlib import closing
from pathlib import Path

from scripts.doctor.diagnosis import Area, Diagnosis

STACK = Area("local stack")


def check_state_dir(path: Path) -> Diagnosis:
    """The state directory: in use, usable, or left behind by a stack that was killed. Changes nothing."""
    if not path.exists():
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            return _unusable(path)
        return STACK.ok("covenant up", "not running, has not run here yet")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return _unusable(path)
    holder = supervisor_of(path / "lock")
    if holder is not None:
        return STACK.ok("covenant up", f"runs on {path} (process {holder})")
    if (path / "chain.running").exists():
        lost = "was killed, and its embedded chain lost blocks"
        return STACK.warn("covenant up", lost, f"nothing to do: the next one starts afresh and keeps {path}/previous")
    return STACK.ok("covenant up", f"not running, its state is in {path}")


def supervisor_of(lock: Path) -> str | None:
    """The process that holds the lock, as it wrote itself down; None when nobody does."""
    try:
        file = lock.open("rb")
    except OSError:
        return None
    with closing(file):
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read(20).decode(errors="replace").strip() or "unknown"
    return None


def _unusable(path: Path) -> Diagnosis:
    remedy = "set COVENANT_STATE_DIR to a directory that you may write"
    return STACK.fail("covenant up", f"{path} cannot be written", remedy)
