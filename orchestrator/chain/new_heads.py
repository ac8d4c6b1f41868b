"""Word of new blocks over WebSocket (`eth_subscribe`): a hint that wakes whoever polls, and nothing more.

Whatever a socket does, or leaves undone, polling finds every block: sockets break, and some go on silently after a
clean close.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from orchestrator.settings import redact_url

log = logging.getLogger(__name__)

OPEN_WITHIN_S: Final = 10.0
PING_EVERY_S: Final = 20.0
CLOSE_WITHIN_S: Final = 1.0
LONGEST_SILENCE_S: Final = 120.0
"""No block for so long: rather a dead subscription than a dead chain."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
LARGEST_MESSAGE: Final = 1_000_000

_SUBSCRIBE: Final = '{"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}'


class NewHeads:
    """Listens at any number of URLs (ws or wss) at once. Each reconnects by itself."""

    def __init__(self, urls: Sequence[str], longest_silence_s: float = LONGEST_SILENCE_S) -> None:
        self._urls = tuple(urls)
        self._longest_silence_s = longest_silence_s
        self._woken = asyncio.Event()
        self._listeners: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._listeners = [asyncio.create_task(self._listen(url)) for url in self._urls]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners:
            listener.cancel()
        await asyncio.gather(*self._listeners, return_exceptions=True)

    async def wait(self, timeout_s: float) -> None:
        """Returns when a block was announced, also since the last call, and at the latest after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    async def _listen(self, url: str) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with connect(
                    url, open_timeout=OPEN_WITHIN_S, ping_interval=PING_EVERY_S, ping_timeout=PING_EVERY_S,
                    close_timeout=CLOSE_WITHIN_S, max_size=LARGEST_MESSAGE,
                ) as socket:  # fmt: skip
                    await socket.send(_SUBSCRIBE)
                    while True:
                        async with asyncio.timeout(self._longest_silence_s):
                            await socket.recv()
                        self._woken.set()
                        pause_s = FIRST_PAUSE_S
            except (OSError, TimeoutError, WebSocketException) as error:
                log.warning(
                    "no word of new blocks, polling only: %s",
                    type(error).__name__,
                    extra={"provider": redact_url(url)},
                )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
