"""Server-sent events: a stream that a client can leave and come back to, losing nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Send

from api.events.broadcast import Broadcast, Listener
from api.events.repository import EventFilter

HEARTBEAT_S: Final = 15.0
SEND_TIMEOUT_S: Final = 10.0
"""A client that takes nothing for so long is cut off."""

_RECONNECT_MS: Final = 2_000


class EventStream(StreamingResponse):
    """Ends when the client leaves, when it is too slow, or when the process stops."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in self.body_iterator:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            return  # without an end of the body: the server then closes the connection
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def open_stream(broadcast: Broadcast, wanted: EventFilter, after: int | None) -> EventStream:
    """A stream of what comes from now on, or of all after position ``after``. Raises TooManyListeners."""
    async with AsyncExitStack() as stack:
        listener = await stack.enter_async_context(broadcast.listening(wanted))
        frames = _frames(broadcast, listener, after, stack.pop_all())
    return EventStream(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _frames(
    broadcast: Broadcast, listener: Listener, after: int | None, stack: AsyncExitStack
) -> AsyncIterator[bytes]:
    async with stack:
        yield _greeting(listener.since if after is None else None)
        if after is not None:
            async for missed in _missed(broadcast, listener, after):
                yield missed
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    frame = await listener.queue.get()
            except TimeoutError:
                yield b": \n\n"
                continue
            if frame is None:
                return
            yield frame.data


def _greeting(position: int | None) -> bytes:
    """With where a stream of what comes from now on begins: who loses it before the first event comes back to there."""
    begins_at = "" if position is None else f"id: {position}\n"
    return f"retry: {_RECONNECT_MS}\n{begins_at}\n".encode()


async def _missed(broadcast: Broadcast, listener: Listener, after: int) -> AsyncIterator[bytes]:
    """Up to where the listener's queue begins."""
    while after < listener.since:
        frames = await broadcast.between(after, listener.since, listener.wanted)
        if not frames:
            return
        for frame in frames:
            assert frame.event is not None, "blocks are not kept"
            after = frame.event.position
            yield frame.data
