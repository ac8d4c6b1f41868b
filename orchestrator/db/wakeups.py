"""Waking up when another process has written something: PostgreSQL's LISTEN, as a hint; whoever waits also polls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from orchestrator.db.session import driver_url

log = logging.getLogger(__name__)

BLOCKS = "covenant_blocks"
INTENTS = "covenant_intents"

RECONNECT_S = 1.0


class Wakeups:
    """Listens on channels through a connection of its own, which it opens again whenever it breaks."""

    def __init__(self, database_url: str, channels: Sequence[str]) -> None:
        self._conninfo = driver_url(database_url)
        self._channels = tuple(channels)
        self._woken = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def wait(self, timeout_s: float) -> None:
        """Returns after a notification (also one that came since the last call), at the latest after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
                async with connection:
                    for channel in self._channels:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self._woken.set()  # what was notified while nobody listened
                    async for _ in connection.notifies():
                        self._woken.set()
            except psycopg.Error as error:
                log.warning("not listening for wake-ups, polling only: %s", type(error).__name__)
            await asyncio.sleep(RECONNECT_S)
