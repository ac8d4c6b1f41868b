"""The job that a worker is running now, so that a worker that is told to stop need not wait for its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


class Running:
    """At most one job at a time: a worker has one slot, and more workers make more slots."""

    def __init__(self) -> None:
        self._task: asyncio.Future[None] | None = None
        self._stopped = False

    async def until_stopped(self, work: Awaitable[None]) -> None:
        """Does the work; raises CancelledError when ``stop`` is called before its end."""
        self._task = asyncio.ensure_future(work)
        if self._stopped:
            self._task.cancel()
        try:
            await self._task
        finally:
            self._task = None

    def stop(self) -> bool:
        """Ends the job that runs, and each that would begin; False when none runs.

        For signal handlers, which run in the thread of the job.
        """
        self._stopped = True
        if self._task is None:
            return False
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        return True
