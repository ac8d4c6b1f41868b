"""Engine and sender as an operator runs them, forked from a process that has imported them: they start at once."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from enum import StrEnum
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from orchestrator.checkpoints import Reached
from scripts.processes import engine, sender
from scripts.processes.entry import run_process
from tests.simulation.crashes.plan import ENGINE, Kill

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def fork_server() -> ForkServerContext:
    """Where the processes are forked from. The server itself starts with the first of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def fork(
    context: ForkServerContext, name: str, environment: dict[str, str], kill: Kill | None, log: Path
) -> ForkServerProcess:
    """Starts ``scripts.processes.<name>`` with nothing but ``environment``; it kills itself as ``kill`` says."""
    process = context.Process(target=_become, args=(name, environment, kill, str(log)), daemon=True)
    process.start()
    return process


def _become(name: str, environment: dict[str, str], kill: Kill | None, log: str) -> None:
    if sys.platform == "linux":  # whoever started the fork server is gone: so are we
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(environment)
    run = engine.run if name == ENGINE else sender.run
    sys.exit(run_process(name, lambda settings: run(settings, _checkpoint(kill))))


def _checkpoint(kill: Kill | None) -> Reached:
    passed = 0

    def reached(step: StrEnum) -> None:
        nonlocal passed
        if kill is not None and step is kill.step:
            passed += 1
            if passed == kill.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached
