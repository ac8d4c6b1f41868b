"""How every process begins and ends: settings once, JSON logs, ready when it says so, a clean stop on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

from orchestrator.errors import CovenantError
from orchestrator.logs import setup_logging
from orchestrator.settings import Settings, load_settings

Main = Callable[[Settings], Awaitable[None]]


def run_process(name: str, main: Main, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> int:
    """Run ``main`` until it ends or this process is told to stop (SIGTERM, SIGINT), which cancels it.

    ``loop_factory`` makes the event loop, asyncio's own by default.

    Returns the exit code: 0 after a stop, 1 after a CovenantError, which is told in one line on standard error.
    """
    try:
        settings = load_settings()
        setup_logging(name, settings.covenant_log_level)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_until_stopped(main(settings)))
    except CovenantError as error:
        return _refuse(name, error)
    except ExceptionGroup as group:  # of tasks that ran side by side
        errors, others = group.split(CovenantError)
        if errors is None or others is not None:
            raise
        return _refuse(name, _first(errors))
    return 0


def run_blocking_process(name: str, main: Callable[[Settings], None]) -> int:
    """The same for a process that has a loop and signal handlers of its own."""
    try:
        settings = load_settings()
        setup_logging(name, settings.covenant_log_level)
        main(settings)
    except CovenantError as error:
        return _refuse(name, error)
    return 0


def _refuse(name: str, error: CovenantError) -> int:
    sys.stderr.write(f"{name}: {error.message} — {error.hint}\n")
    return 1


def _first(group: ExceptionGroup[CovenantError]) -> CovenantError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


async def _until_stopped(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
