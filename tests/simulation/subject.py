"""The indexer under simulation: as the real process, which can be killed, or as a task, into which a test can look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Protocol

from orchestrator.errors import CovenantError
from orchestrator.settings import Settings
from scripts.processes import indexer
from tests.simulation.forked import fork_indexer
from tests.simulation.haste import in_haste

STOP_WITHIN_S = 20.0


class Broken(AssertionError):
    """The indexer ended in a way that nobody asked for."""


class Subject(Protocol):
    """One indexer at a time. ``start`` after ``kill`` or ``stop`` is another run of it."""

    async def start(self) -> None: ...

    async def kill(self) -> None:
        """Ends it in the middle of whatever it does."""

    async def stop(self) -> None:
        """Ends it as a supervisor does. Raises Broken when it doesn't stop well."""

    def gave_up(self) -> str | None:
        """Why it ended by itself; None while it runs. Raises Broken for any other reason than an error it tells."""


class ProcessSubject:
    """``python -m scripts.processes.indexer``, in a forked process."""

    def __init__(self, context: ForkServerContext, environment: Mapping[str, str], log: Path) -> None:
        self._context = context
        self._environment = dict(environment)
        self._log = log
        self._process: ForkServerProcess | None = None

    async def start(self) -> None:
        self._process = fork_indexer(self._context, self._environment, self._log)

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._ended()

    async def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                code = await asyncio.wait_for(self._ended(), STOP_WITHIN_S)
            except TimeoutError:
                raise Broken(f"the indexer was told to stop and runs {STOP_WITHIN_S:.0f} s later") from None
            if code not in (0, -15):  # -15: told before it could listen
                raise Broken(f"the indexer was told to stop and ended with {code}: {self._last_words()}")

    def gave_up(self) -> str | None:
        if self._process is None or self._process.exitcode is None:
            return None
        told = self._last_words()
        if self._process.exitcode != 1 or not told.startswith("indexer: "):
            raise Broken(f"the indexer ended with {self._process.exitcode}: {told}")
        return told

    async def _ended(self) -> int:
        assert self._process is not None
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        self._process = None
        assert code is not None
        return code

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return lines[-1] if lines else "nothing was said"


class TaskSubject:
    """The same code in this process's loop. A kill cancels it: it is cut off wherever it waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="indexer")

    async def _run(self) -> None:
        with in_haste():
            await indexer.run(self._settings)

    async def kill(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, CovenantError, ExceptionGroup):
                await self._task
            self._task = None

    async def stop(self) -> None:
        await self.kill()

    def gave_up(self) -> str | None:
        if self._task is None or not self._task.done():
            return None
        error = self._task.exception()
        told = error if isinstance(error, CovenantError) else _only_error(error)
        if told is None:
            raise Broken(f"the indexer ended with {error!r}") from error
        return str(told)


def _only_error(error: BaseException | None) -> CovenantError | None:
    """What a group of errors that can be told says first; None when there is anything else in it."""
    if not isinstance(error, ExceptionGroup):
        return None
    told, others = error.split(CovenantError)
    if told is None or others is not None:
        return None
    first: BaseException = told
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, CovenantError) else None
