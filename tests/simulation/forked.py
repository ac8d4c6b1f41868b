"""The indexer's entry point in a process forked from one that has imported it already: a start takes milliseconds."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from scripts.processes import indexer
from tests.simulation.haste import in_haste

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def fork_server() -> ForkServerContext:
    """Where indexers are forked from. The server itself starts with the first of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def fork_indexer(context: ForkServerContext, environment: dict[str, str], log: Path) -> ForkServerProcess:
    """Starts ``scripts.processes.indexer`` with nothing but ``environment``; standard error goes to ``log``."""
    process = context.Process(target=_become_indexer, args=(environment, str(log)), daemon=True)
    process.start()
    return process


def _become_indexer(environment: dict[str, str], log: str) -> None:
    if sys.platform == "linux":  # whoever started the fork server is gone: so are we
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    with in_haste():
        code = indexer.main()
    sys.exit(code)
