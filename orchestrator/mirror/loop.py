"""The mirror of one chain as a task that never ends: hold the lease, follow, turn to another provider, wait, repeat."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Severity
from orchestrator.chain.book import AddressBook
from orchestrator.chain.providers import Providers
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcError
from orchestrator.db.lease import Lease, LeaseLost, acquire_lease
from orchestrator.mirror.commit import Committer, CursorMoved
from orchestrator.mirror.cursor import HeadsContradict, require_position
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.follow import Follower, Step
from orchestrator.mirror.gaps import resolve_closed_gap
from orchestrator.mirror.quarantine import count_quarantined, quarantine_alert
from orchestrator.mirror.read_ahead import ReadAhead
from orchestrator.mirror.reorg import FinalizedMismatch
from orchestrator.mirror.start import open_mirror, store_feeds
from orchestrator.mirror.watch import Source, sources_of_book, sources_of_feeds

log = logging.getLogger(__name__)

LEASE_TTL = timedelta(seconds=3)
"""How long a standby waits for a leader that was killed. A slow leader keeps its lease unless one stands by."""
RELEASE_TIMEOUT_S = 1.0
LONGEST_PAUSE_S = 5.0
ALERT_AFTER_S = 30.0

BY_A_PROVIDER = (RpcError, HeadsContradict, FinalizedMismatch)
PASSING = (*BY_A_PROVIDER, CursorMoved, OperationalError, InterfaceError, psycopg.OperationalError)
"""What may be over by the next time: a provider or the database fails. Anything else ends the process."""


def lease_name(chain_id: int) -> str:
    """The lease that whoever mirrors a chain holds."""
    return f"mirror:{chain_id}"


@dataclass
class MirrorLoop:
    """Follows one chain for as long as it is not cancelled. ``readers``: of its providers, in order of preference.

    ``wait`` returns after so many seconds, sooner when a block was announced.
    ``more_books``: of further vaults on the same chain; they share its cursor.
    """

    engine: AsyncEngine
    readers: Sequence[ChainReader]
    book: AddressBook
    codecs: Codecs
    alerts: Alerts
    poll_interval_s: float
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    more_books: Sequence[AddressBook] = ()
    read_ahead: ReadAhead | None = None
    feeds_asked_every_s: float = 10.0
    _feeds_asked_at: float = 0.0
    _failing_since: float | None = None
    _failures: int = 0

    def __post_init__(self) -> None:
        self._providers = Providers(self.readers, self.book.chain_id)

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled. ``ready`` is called once, when this process leads or stands by."""
        holder = f"indexer {uuid.uuid4()}"
        announced = False
        while True:
            lease = await self._acquire(holder)
            if not announced:
                announced = True
                ready()
            if lease is None:
                await asyncio.sleep(LEASE_TTL.total_seconds() / 3)
                continue
            try:
                await self._lead(lease)
            except* LeaseLost as lost:
                log.warning("%s", lost.exceptions[0])
            finally:
                await self._release(lease)

    async def _acquire(self, holder: str) -> Lease | None:
        try:
            return await acquire_lease(self.engine, lease_name(self.book.chain_id), holder, LEASE_TTL)
        except PASSING as error:
            await self._failed(error)
            return None

    async def _lead(self, lease: Lease) -> None:
        log.info("leading", extra={"chain_id": self.book.chain_id, "epoch": lease.epoch})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew(lease))
            tasks.create_task(self._follow(lease))

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(lease.ttl.total_seconds() / 3)
            try:
                await lease.renew(self.engine)
            except PASSING as error:
                log.warning("the lease could not be renewed (%s)", type(error).__name__)

    async def _release(self, lease: Lease) -> None:
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                await lease.release(self.engine)
        except (*PASSING, TimeoutError) as error:
            log.warning("the lease could not be released (%s): it expires by itself", type(error).__name__)

    async def _follow(self, lease: Lease) -> None:
        follower: Follower | None = None
        while True:
            try:
                reader = await self._providers.current()
                try:
                    follower = follower or await self._open(lease, reader)
                    step = await follower.step(reader)
                    if await self._feeds_moved(reader, follower):
                        follower = None
                except BY_A_PROVIDER:
                    self._providers.failed(reader)
                    raise
            except PASSING as error:
                await self._failed(error)
                continue
            await self._succeeded(reader, step)
            if step is not Step.MOVED:
                await self.wait(self.poll_interval_s)

    async def _open(self, lease: Lease, reader: ChainReader) -> Follower:
        head = (await reader.heads()).latest
        self._feeds_asked_at = time.monotonic()
        wanted: dict[str, Source] = {}
        await store_feeds(self.engine, self.book, *self.more_books)
        for book in (self.book, *self.more_books):
            sources = sources_of_book(book) + await sources_of_feeds(reader, book, head.hash)
            wanted = {source.address: source for source in sources} | wanted
        witness = next((other for other in self.readers if other is not reader), None)
        projector = await open_mirror(
            self.engine, lease, reader, self.book.chain_id, list(wanted.values()), self.codecs, witness
        )
        async with self.engine.connect() as connection:
            if await count_quarantined(connection, self.book.chain_id) == 0:
                await self.alerts.resolve(quarantine_alert(self.book.chain_id))
        await resolve_closed_gap(self.engine, self.alerts, self.book.chain_id)
        committer = Committer(self.engine, lease, projector)
        return Follower(self.engine, committer, self.alerts, self.readers, self.read_ahead)

    async def _feeds_moved(self, reader: ChainReader, follower: Follower) -> bool:
        """Whether a feed speaks through a contract that is not watched yet. No log tells of it, so feeds are asked."""
        if time.monotonic() - self._feeds_asked_at < self.feeds_asked_every_s:
            return False
        async with self.engine.connect() as connection:
            position = await require_position(connection, self.book.chain_id)
        if position.at.number < position.head_number:
            return False  # few nodes know the state of long ago
        self._feeds_asked_at = time.monotonic()
        watched = follower.committer.projector.watch.sources
        asked = [await sources_of_feeds(reader, book, position.at.hash) for book in (self.book, *self.more_books)]
        new = [source for sources in asked for source in sources if source.address not in watched]
        for source in new:
            log.warning(
                "a feed speaks through another contract", extra={"feed": source.feed, "speaker": source.address}
            )
        return bool(new)

    async def _failed(self, error: Exception) -> None:
        """Log, tell people when it lasts, and pause, longer each time, unless another provider can be asked at once."""
        self._failures += 1
        self._failing_since = self._failing_since or time.monotonic()
        log.warning("the mirror pauses: %s", error, extra={"chain_id": self.book.chain_id, "failures": self._failures})
        if time.monotonic() - self._failing_since > ALERT_AFTER_S:
            message = f"the mirror has stood still for {time.monotonic() - self._failing_since:.0f} s: {error}"
            await self.alerts.raise_(self._alert, Severity.CRITICAL, message, "check the providers and the database")
        if isinstance(error, BY_A_PROVIDER) and not self._providers.all_rest:
            return
        await asyncio.sleep(min(self.poll_interval_s * 2 ** min(self._failures, 10), LONGEST_PAUSE_S))

    async def _succeeded(self, reader: ChainReader, step: Step) -> None:
        if self._failing_since is not None:
            await self.alerts.resolve(self._alert)
        self._failures, self._failing_since = 0, None
        if step is Step.LAGGING:
            self._providers.failed(reader)
        else:
            self._providers.answered(reader)

    @property
    def _alert(self) -> str:
        return f"mirror_stalled:{self.book.chain_id}"
