"""Whom PostgreSQL runs as. It refuses to run as root, so root gives it to an unprivileged user of the machine."""

import os
import pwd
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import CovenantError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class RunAs:
    """An unprivileged user. `search`: it must keep the right to pass through directories that are closed to it."""

    name: str
    uid: int
    gid: int
    search: bool


def unprivileged_user(paths: Iterable[Path]) -> RunAs | None:
    """The user for a program that refuses root and must reach `paths`; None when we are not root.

    Raises CovenantError when there is no such user, or no way for it to reach the paths.
    """
    if os.geteuid() != 0:
        return None
    entry = next((entry for entry in map(_lookup, CANDIDATES) if entry), None)
    if entry is None:
        raise CovenantError(
            "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody",
            "run as a normal user, or set DATABASE_URL to a server",
        )
    closed = next((directory for path in paths for directory in _closed_to(entry, path)), None)
    if closed is not None and sys.platform != "linux":
        raise CovenantError(
            f"PostgreSQL does not run as root, and the user {entry.pw_name} cannot enter {closed}",
            "run as a normal user, set COVENANT_STATE_DIR to a directory that all may enter, or set DATABASE_URL",
        )
    return RunAs(entry.pw_name, entry.pw_uid, entry.pw_gid, search=closed is not None)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _closed_to(entry: pwd.struct_passwd, path: Path) -> Iterable[Path]:
    """The existing directories above and at `path` that the user may not pass through."""
    for directory in reversed([path, *path.parents]):
        if not directory.is_dir():
            continue
        status = directory.stat()
        if status.st_uid == entry.pw_uid:
            allowed = status.st_mode & stat.S_IXUSR
        elif status.st_gid == entry.pw_gid:
            allowed = status.st_mode & stat.S_IXGRP
        else:
            allowed = status.st_mode & stat.S_IXOTH
        if not allowed:
            yield directory
