"""One reader of the log of events for all who listen in this process, who hold up neither it nor each other.

It runs while somebody listens. PostgreSQL wakes it; it also looks by itself, since a wake-up may be lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import orjson

from api.events.forms import event_document
from api.events.repository import EventFilter, EventRow, Stretch, read_events
from api.parts import Parts
from api.snapshot import View, reading
from api.statement import Seen, view_of
from api.wire import AsOf, checksum
from orchestrator.db.leading import DATABASE_FAILURES
from orchestrator.db.wakeups import BLOCKS, Wakeups
from orchestrator.delivery.positions import newest_position

log = logging.getLogger(__name__)

POLL_S: Final = 1.0
READ_AT_ONCE: Final = 500
MOST_WAITING: Final = 1_000
"""Frames that may wait for one listener; with more it is cut off, and comes back to where it was."""

MOST_LISTENERS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing to tell, as it goes over the wire. ``event`` is None for a block."""

    data: bytes
    event: EventRow | None = None


@dataclass(eq=False, slots=True)
class Listener:
    """``since``: the position from which on everything comes to the queue by itself."""

    wanted: EventFilter
    since: int
    queue: asyncio.Queue[Frame | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING + 1))

    def offer(self, frame: Frame) -> bool:
        """False once it is too far behind to be told any more; then the end is in its queue."""
        if self.queue.qsize() >= MOST_WAITING:
            self.end()
            return False
        if frame.event is None or _wants(self.wanted, frame.event):
            self.queue.put_nowait(frame)
        return True

    def end(self) -> None:
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class TooManyListeners(Exception):
    """This process serves no more."""


class Broadcast:
    """Hands each event to every listener who wants it, in order, once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._listeners: set[Listener] = set()
        self._reader: asyncio.Task[None] | None = None
        self._begun = asyncio.Lock()
        self._position = 0
        self._block: AsOf | None = None

    @asynccontextmanager
    async def listening(self, wanted: EventFilter) -> AsyncIterator[Listener]:
        """A listener who gets what comes from now on.

        Raises:
            TooManyListeners: with how many there are.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise TooManyListeners(len(self._listeners))
        async with self._begun:
            if self._reader is None:
                self._position = await self._newest_position()
                self._reader = asyncio.create_task(self._read(), name="broadcast of events")
        listener = Listener(wanted, self._position)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    def close(self) -> None:
        """Ends every stream in good order."""
        for listener in self._listeners:
            listener.end()

    async def between(self, after: int, until: int, wanted: EventFilter) -> Sequence[Frame]:
        """The next frames after position ``after`` up to ``until``, which may be fewer than there are."""
        seen, rows = await self._events(after, wanted)
        if seen is None:
            return []
        view = view_of(self._parts, seen)
        return [frame_of_event(row, view) for row in rows if row.position <= until]

    async def _read(self) -> None:
        url = self._parts.engine.url.render_as_string(hide_password=False)
        async with Wakeups(url, (BLOCKS,)) as wakeups:
            while True:
                try:
                    while await self._step() == READ_AT_ONCE:
                        pass
                except DATABASE_FAILURES as error:
                    log.warning("the streams wait for the database (%s)", type(error).__name__)
                await wakeups.wait(POLL_S)

    async def _step(self) -> int:
        """Tells what is new; returns how many events were."""
        seen, rows = await self._events(self._position, EventFilter())
        if seen is None:
            return 0
        view = view_of(self._parts, seen)
        for row in rows:
            self._tell(frame_of_event(row, view))
            self._position = row.position
        if view.as_of != self._block:
            self._block = view.as_of
            self._tell(Frame(f"event: block\ndata: {view.as_of.model_dump_json()}\n\n".encode()))
        return len(rows)

    async def _events(self, after: int, wanted: EventFilter) -> tuple[Seen | None, list[EventRow]]:
        return await read_events(self._parts.reads, self._parts.chain_id, Stretch(after), wanted, READ_AT_ONCE)

    def _tell(self, frame: Frame) -> None:
        for listener in list(self._listeners):
            if not listener.offer(frame):
                self._listeners.discard(listener)

    async def _newest_position(self) -> int:
        async with reading(self._parts) as session:
            return (await session.execute(newest_position(self._parts.chain_id))).scalar_one()


def frame_of_event(row: EventRow, view: View) -> Frame:
    data = orjson.dumps(event_document(row, view))
    return Frame(b"id: %d\nevent: %b\ndata: %b\n\n" % (row.position, row.kind.encode(), data), row)


def _wants(wanted: EventFilter, event: EventRow) -> bool:
    of_line = wanted.line_id is None or (event.line_id == wanted.line_id and _of_vault(wanted, event))
    return of_line and (not wanted.kinds or event.kind in wanted.kinds)


def _of_vault(wanted: EventFilter, event: EventRow) -> bool:
    return event.vault is not None and checksum(event.vault) == wanted.vault
