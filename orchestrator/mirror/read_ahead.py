"""A second process of the indexer, which reads the past ahead of it: the mirror's own work then takes two cores.

It is forked before there is a thread, a connection or a loop, and waits. Asked for a stretch of the chain, it fetches,
checks, proves, projects and writes rows; the indexer is left to commit them, in order, under its lease. It knows no
database and keeps nothing: killed at any moment, by whomever, it leaves nothing behind. It ends when its socket does,
and so never outlives the indexer.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from orchestrator.chain.reader import ChainReader
from orchestrator.errors import CovenantError
from orchestrator.mirror.backfill import RangeSize
from orchestrator.mirror.batch import Projector
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.watch import Source, Watch
from orchestrator.mirror.written import Piece, Stretch, write_pieces

log = logging.getLogger(__name__)

GIVEN_UP_WITHIN_S: Final = 5.0
_LENGTH_BYTES: Final = 8

OpenReaders = Callable[[], Sequence[ChainReader]]


class ReadAheadLost(CovenantError):
    """The process that read ahead is gone."""

    def __init__(self) -> None:
        super().__init__("the process that reads ahead has ended", "nothing to do: the mirror reads by itself")


@dataclass(frozen=True, slots=True)
class Order:
    """What to read, and of whom: a provider and, if there is one, its witness, by their places in the settings."""

    chain_id: int
    sources: tuple[Source, ...]
    providers: tuple[int, ...]
    stretch: Stretch


class ReadAhead:
    """The indexer's end. Good for one order at a time. ``pid`` is the other process, None when it is ended."""

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid: int | None = pid
        self._end = end
        self._channel: _Channel | None = None

    async def read(self, order: Order) -> AsyncGenerator[Piece]:
        """What ``order`` asks for. Raises as reading does, and ReadAheadLost."""
        try:
            self._channel = self._channel or await _Channel.on(self._end)
            self._channel.send(order)
            under_way = True
            try:
                while isinstance(said := await self._channel.receive(), Piece):
                    yield said
                under_way = False
            finally:
                if under_way:
                    await self._give_up(self._channel)
        except (OSError, EOFError):
            self.close()
            raise ReadAheadLost from None
        if said is not None:
            raise said

    async def _give_up(self, channel: _Channel) -> None:
        channel.send(None)
        async with asyncio.timeout(GIVEN_UP_WITHIN_S):
            while isinstance(await channel.receive(), Piece):
                pass

    def close(self) -> None:
        """End the process at once: it has nothing to put in order."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None
        if self._channel is not None:
            self._channel.close()
        self._end.close()


class _Channel:
    """Objects over a socket between a process and its own child."""

    def __init__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._expected: int | None = None

    @classmethod
    async def on(cls, end: socket.socket) -> _Channel:
        incoming, outgoing = await asyncio.open_connection(sock=end)
        outgoing.transport.set_write_buffer_limits(0)
        return cls(incoming, outgoing)

    def send(self, item: object) -> None:
        content = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
        self._outgoing.write(len(content).to_bytes(_LENGTH_BYTES))
        self._outgoing.write(content)

    async def sent(self) -> None:
        """Wait until the other side has taken all. Raises OSError when it is gone."""
        await self._outgoing.drain()

    async def receive(self) -> Any:
        """The next object; cancelled, it can be called again. Raises EOFError when the other side is gone."""
        if self._expected is None:
            self._expected = int.from_bytes(await self._incoming.readexactly(_LENGTH_BYTES))
        content = await self._incoming.readexactly(self._expected)
        self._expected = None
        return pickle.loads(content)  # noqa: S301 - of our own process

    def close(self) -> None:
        self._outgoing.close()


def fork_read_ahead(codecs: Codecs, open_readers: OpenReaders) -> ReadAhead:
    """Start the process. To be called before there is a thread, a connection or a loop.

    ``open_readers`` is called there, when the first order comes: the providers in the order of the settings.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _serve(theirs, codecs, open_readers)
    theirs.close()
    return ReadAhead(pid, ours)


def _serve(end: socket.socket, codecs: Codecs, open_readers: OpenReaders) -> NoReturn:
    """Nothing of the process that was forked may run here, not even its end."""
    code = 1
    try:
        gc.freeze()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the indexer's to answer
        asyncio.run(_take_orders(end, codecs, open_readers))
        code = 0
    except Exception:
        log.exception("reading ahead has failed")
    finally:
        os._exit(code)


async def _take_orders(end: socket.socket, codecs: Codecs, open_readers: OpenReaders) -> None:
    """Until the indexer is gone."""
    channel, size = await _Channel.on(end), RangeSize()
    readers: Sequence[ChainReader] = ()
    with suppress(OSError, EOFError):
        said = await channel.receive()
        while True:
            if said is None:  # given up when it was done already
                said = await channel.receive()
                continue
            readers = readers or open_readers()
            work = asyncio.ensure_future(_carry_out(said, codecs, readers, size, channel))
            listening = asyncio.ensure_future(channel.receive())
            await asyncio.wait({work, listening}, return_when=asyncio.FIRST_COMPLETED)
            work.cancel()
            [outcome] = await asyncio.gather(work, return_exceptions=True)
            channel.send(outcome if isinstance(outcome, Exception) else None)
            said = await listening


async def _carry_out(
    order: Order, codecs: Codecs, readers: Sequence[ChainReader], size: RangeSize, channel: _Channel
) -> None:
    reader, *others = [readers[place] for place in order.providers]
    projector = Projector(order.chain_id, Watch(order.sources), codecs)
    pieces = write_pieces(reader, next(iter(others), None), projector, order.stretch, size)
    async with aclosing(pieces):
        async for piece in pieces:
            await channel.sent()
            channel.send(piece)
    await channel.sent()
