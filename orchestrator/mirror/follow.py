"""Following one chain: look at the head, find where the chains part, read what is new, commit it; again and again.

The cursor in the database is the only state. Whatever ends the process, at any moment, the next one goes on from there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Severity
from orchestrator.chain.blocks import BlockRef
from orchestrator.chain.reader import ChainReader, Heads, InDoubt
from orchestrator.mirror.backfill import RangeSize
from orchestrator.mirror.batch import Batch
from orchestrator.mirror.catch_up import CatchUp
from orchestrator.mirror.commit import Committer, CursorMoved
from orchestrator.mirror.cursor import Position, canonical_hashes, freeze, require_position
from orchestrator.mirror.fetch import fetch_proven
from orchestrator.mirror.gaps import gap_alert
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.quarantine import quarantine_alert
from orchestrator.mirror.read_ahead import Order, ReadAhead, ReadAheadLost
from orchestrator.mirror.reorg import FinalizedMismatch, find_ancestor
from orchestrator.mirror.written import Piece, Stretch, Written, whole_ranges, write_pieces

log = logging.getLogger(__name__)

BLOCKS_AT_ONCE = 64
"""How many blocks near the head go into one transaction."""
BACKFILL_FROM = 128
"""How many finalized blocks must be missing before ranges are faster than proofs."""
READ_AHEAD_FROM = 500
"""How many must be missing before it is worth while to let a second process read them."""
HEADS_NOTED_EVERY_S = 1.0
"""How often the cursor says that it is alive while nothing happens."""


class Step(StrEnum):
    """What a look at the head came to."""

    MOVED = "moved"
    CURRENT = "current"
    LAGGING = "lagging"


@dataclass
class Follower:
    """Mirrors one chain under one lease. ``step`` does what is to be done now, with whichever provider it is given.

    ``providers`` are all that there are: what is read in ranges is confirmed by another than the one that told it.
    ``read_ahead`` knows them in the same order. It reads long stretches of the past, and is ended after the first.
    """

    engine: AsyncEngine
    committer: Committer
    alerts: Alerts
    providers: Sequence[ChainReader] = ()
    read_ahead: ReadAhead | None = None
    range_size: RangeSize = field(default_factory=RangeSize)
    _noted_at: float = field(default=0.0, init=False)
    _position: Position | None = field(default=None, init=False)
    """Where the last commit left the cursor, None when that is not known. Should it be elsewhere, commits fail."""

    @property
    def chain_id(self) -> int:
        return self.committer.projector.chain_id

    async def step(self, reader: ChainReader) -> Step:
        """Bring the mirror nearer to the head.

        Raises:
            RpcError: the provider failed or is in doubt; nothing wrong was committed.
            HeadsContradict: the same, of finality.
            FinalizedMismatch: the provider contradicts a finalized block; the mirror is frozen until that is over.
            LeaseLost: another writer has taken over.
        """
        heads = await reader.heads()
        position = self._position or await self._read_position()
        self._position = None
        try:
            await self._check_finality(reader, position, heads)
            step = await self._advance(reader, position, heads)
        except FinalizedMismatch as mismatch:
            await self._freeze(position, mismatch)
            raise
        except CursorMoved:
            return Step.MOVED
        if position.frozen and step is not Step.LAGGING:
            await self._unfreeze()
        return step

    async def _read_position(self) -> Position:
        async with self.engine.connect() as connection:
            return await require_position(connection, self.chain_id)

    async def _check_finality(self, reader: ChainReader, position: Position, heads: Heads) -> None:
        """What was final for us must be final for the provider."""
        if heads.finalized is None or heads.finalized.number > position.finalized.number:
            return
        number = heads.finalized.number
        async with self.engine.connect() as connection:
            ours = await canonical_hashes(connection, self.chain_id, number, number)
        if number in ours and ours[number] != heads.finalized.hash:
            raise FinalizedMismatch(reader.provider, number, ours[number], heads.finalized.hash)

    async def _advance(self, reader: ChainReader, position: Position, heads: Heads) -> Step:
        if heads.latest.number < position.finalized.number:
            log.warning("the provider lags behind finality", extra=_where(reader, position, heads))
            return Step.LAGGING
        base = await self._base(reader, position, heads)
        if base is None:
            self._end_read_ahead()
            await self._note(position, heads)
            return Step.CURRENT if heads.latest.number == position.at.number else Step.LAGGING
        if heads.finalized and heads.finalized.number - base.number > BACKFILL_FROM:
            await self._backfill(reader, position, heads, base, heads.finalized.number)
        else:
            self._end_read_ahead()
            last = min(heads.latest.number, base.number + BLOCKS_AT_ONCE)
            watch = self.committer.projector.watch
            await self._commit(position, await fetch_proven(reader, watch, base, last, known=heads.latest), heads)
        return Step.MOVED

    async def _base(self, reader: ChainReader, position: Position, heads: Heads) -> BlockRef | None:
        """The block to build on: the cursor's, or an ancestor of it after a reorg. None when there is nothing new."""
        latest, at = heads.latest, position.at
        if latest.number <= at.number:
            async with self.engine.connect() as connection:
                ours = await canonical_hashes(connection, self.chain_id, latest.number, latest.number)
            if latest.number not in ours:
                raise CursorMoved
            return None if ours[latest.number] == latest.hash else await self._ancestor(reader, position, latest.number)
        following = latest if latest.number == at.number + 1 else (await reader.headers_at([at.number + 1]))[0]
        return at if following.parent_hash == at.hash else await self._ancestor(reader, position, at.number)

    async def _ancestor(self, reader: ChainReader, position: Position, newest: int) -> BlockRef:
        async with self.engine.connect() as connection:
            ancestor = await find_ancestor(connection, reader, self.chain_id, position, newest)
        if ancestor.number == newest:
            raise InDoubt(reader.provider, f"block {newest} is in its chain, and then it is not")
        return ancestor

    async def _backfill(self, reader: ChainReader, position: Position, heads: Heads, base: BlockRef, last: int) -> None:
        async def commit(planned_from: Position, blocks: Batch | Written) -> Position:
            return await self._commit(planned_from, blocks, heads)

        while base.number < last:
            async with self.engine.connect() as connection:
                known = await known_loan_tokens(connection, self.chain_id, base.number)
            pieces = self._read(reader, Stretch(base, last, known))
            async with aclosing(pieces), aclosing(whole_ranges(pieces)) as ranges:
                position = await CatchUp(self.committer, reader, commit, position).run(ranges)
            base = position.at

    async def _read(self, reader: ChainReader, stretch: Stretch) -> AsyncGenerator[Piece]:
        """A stretch in pieces, from the other process if there is one and it is worth while.

        When that is lost on the way, the rest is left for another time.
        """
        witness = next((other for other in self.providers if other is not reader), None)
        projector, ahead = self.committer.projector, self.read_ahead
        if ahead is None or ahead.pid is None or stretch.last - stretch.base.number < READ_AHEAD_FROM:
            pieces = write_pieces(reader, witness, projector, stretch, self.range_size)
        else:
            sources = tuple(projector.watch.sources.values())
            asked = [self.providers.index(one) for one in (reader, witness) if one is not None]
            pieces = ahead.read(Order(self.chain_id, sources, tuple(asked), stretch))
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
        except ReadAheadLost as lost:
            log.warning("%s", lost, extra={"chain_id": self.chain_id})

    def _end_read_ahead(self) -> None:
        """Near the head, one process is enough."""
        if self.read_ahead is not None:
            self.read_ahead.close()

    async def _commit(self, position: Position, blocks: Batch | Written, heads: Heads) -> Position:
        if isinstance(blocks, Written):
            committed = await self.committer.commit_written(position, blocks, heads)
        else:
            committed = await self.committer.commit(position, blocks, heads)
        self._position, self._noted_at = committed.position, time.monotonic()
        if committed.reorg_depth:
            log.warning("reorg", extra={"chain_id": self.chain_id, "depth": committed.reorg_depth})
        log.debug("committed", extra={"block": committed.position.at.number, "logs": committed.logs})
        for item in committed.quarantined:
            await self.alerts.raise_(
                quarantine_alert(self.chain_id),
                Severity.CRITICAL,
                f"a log of {item.log.address} could not be mirrored: {item.fault}",
                "see `covenant quarantine`; a version that can read it takes it in when it starts",
                {"block": item.log.block_number, "log_index": item.log.log_index, "tx": item.log.tx_hash},
            )
        for gap in committed.gaps:
            await self.alerts.raise_(
                gap_alert(self.chain_id),
                Severity.CRITICAL,
                f"the chain itself leaves out a state: {gap}",
                "look into the quarantine, then run `covenant reconcile`",
            )
        return committed.position

    async def _note(self, position: Position, heads: Heads) -> None:
        """Nothing new: keep the heads, and the sign of life, in the cursor."""
        known = (position.safe_number, position.finalized.number)
        said = tuple(min(ref.number, position.at.number) for ref in (heads.safe, heads.finalized) if ref)
        quiet = said == known and not position.frozen and heads.latest.number == position.head_number
        if not quiet or time.monotonic() - self._noted_at >= HEADS_NOTED_EVERY_S:
            await self._commit(position, Batch(position.at, (), (), proven=True), heads)
        else:
            self._position = position

    async def _freeze(self, position: Position, mismatch: FinalizedMismatch) -> None:
        if position.frozen != mismatch.message:
            async with self.engine.begin() as connection:
                await self.committer.lease.check(connection)
                await freeze(connection, self.chain_id, mismatch.message)
        await self.alerts.raise_(self._mismatch_key, Severity.CRITICAL, mismatch.message, mismatch.hint)

    async def _unfreeze(self) -> None:
        await self.alerts.resolve(self._mismatch_key)
        log.warning("the provider agrees with the finalized chain again", extra={"chain_id": self.chain_id})

    @property
    def _mismatch_key(self) -> str:
        return f"mirror_finalized_mismatch:{self.chain_id}"


def _where(reader: ChainReader, position: Position, heads: Heads) -> dict[str, object]:
    return {
        "provider": reader.provider,
        "head": heads.latest.number,
        "cursor": position.at.number,
        "finalized": position.finalized.number,
    }
