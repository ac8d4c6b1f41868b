"""Becomes the program that it is told to run, in the way that leaves nothing behind.

Run as `python -I -S launch.py PLAN`, PLAN being a JSON object (see `Plan`); standard library only. It registers with
the guard first and becomes the program last, so there is no moment in which a child runs that nobody would end.
"""

import ctypes
import errno
import json
import os
import signal
import sys
from typing import NoReturn, TypedDict

LINUX = sys.platform == "linux"

# From linux/prctl.h and linux/capability.h.
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


class Plan(TypedDict):
    """What to run and as whom. `search` keeps the right to pass through directories that the user could not enter."""

    argv: list[str]
    owner_pid: int
    guard_fd: int
    stop_signal: int
    cwd: str
    uid: int | None
    gid: int | None
    search: bool


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapabilitySets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def check(result: int) -> None:
    """Raises OSError for a failed call of the C library."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def keep_search(libc: ctypes.CDLL) -> None:
    """Makes the narrowest capability that passes directories survive the exec, and drops all others."""
    header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
    sets = (CapabilitySets * 2)()
    check(libc.capget(ctypes.byref(header), sets))
    capability = next((c for c in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if sets[0].permitted & (1 << c)), None)
    if capability is None:
        raise PermissionError(errno.EPERM, "no capability to pass closed directories")
    kept = (CapabilitySets * 2)()
    kept[0].effective = kept[0].permitted = kept[0].inheritable = 1 << capability
    check(libc.capset(ctypes.byref(header), kept))
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def become_user(libc: ctypes.CDLL, uid: int, gid: int, *, search: bool) -> None:
    """Gives up root for good."""
    if search:  # else the change of user drops all capabilities, and access(2) ignores them
        check(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if search:
        keep_search(libc)


def launch(plan: Plan) -> NoReturn:
    os.write(plan["guard_fd"], b"+%d %d\n" % (os.getpid(), plan["stop_signal"]))
    os.close(plan["guard_fd"])
    os.chdir(plan["cwd"])
    libc = ctypes.CDLL(None, use_errno=True)
    if plan["uid"] is not None and plan["gid"] is not None:
        try:
            become_user(libc, plan["uid"], plan["gid"], search=plan["search"])
        except OSError as error:
            sys.exit(f"cannot go on as user {plan['uid']}: {error.strerror}")
    if LINUX:  # last: the kernel forgets it when the user changes
        check(libc.prctl(PR_SET_PDEATHSIG, plan["stop_signal"], 0, 0, 0))
    if os.getppid() != plan["owner_pid"]:
        sys.exit("the process that wanted this one is gone")
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    os.execv(plan["argv"][0], plan["argv"])


if __name__ == "__main__":
    launch(json.loads(sys.argv[1]))
