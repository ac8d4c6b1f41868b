"""Catching up, range after range: while the database takes one in, the next is written. Commits stay in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from orchestrator.chain.reader import ChainReader
from orchestrator.mirror.backfill import fetch_range_proven
from orchestrator.mirror.batch import Batch
from orchestrator.mirror.commit import Committer, RowsRefused, SequenceGap
from orchestrator.mirror.cursor import Position
from orchestrator.mirror.newest_lines import analyze_lines
from orchestrator.mirror.written import Written

log = logging.getLogger(__name__)

Commit = Callable[[Position, Batch | Written], Awaitable[Position]]
"""Commits a range; says where the cursor is then. Raises as ``Committer``'s methods do."""


@dataclass
class CatchUp:
    """A run through ranges that are missing, from ``position`` on."""

    committer: Committer
    reader: ChainReader
    commit: Commit
    position: Position
    _commits: int = field(default=0, init=False)

    async def run(self, ranges: AsyncIterator[Written]) -> Position:
        """Commit ``ranges``, each of which follows the one before. Raises as reading and committing do.

        Returns where the cursor is: after the last range, or after the first that was not what it should have been.
        What was written of those that follow it may then be wrong, too: a market may have been left out.
        """
        committing: asyncio.Task[bool] | None = None
        try:
            async for written in ranges:
                if committing is not None and not await committing:
                    break
                committing = asyncio.create_task(self._commit(written))
        except asyncio.CancelledError:
            if committing is not None:
                committing.cancel()
            raise
        finally:
            if committing is not None:  # also when the provider fails: what was read well is not thrown away
                await committing
        return self.position

    async def _commit(self, written: Written) -> bool:
        """Whether the range could be committed as it was written."""
        as_written = True
        try:
            self.position = await self.commit(self.position, written)
        except (SequenceGap, RowsRefused) as flaw:
            as_written = False
            blocks = written.blocks
            log.warning("%s", flaw.message, extra={"provider": self.reader.provider, "block": blocks.tip.number})
            proven = await fetch_range_proven(self.reader, self.committer.projector.watch, blocks)
            self.position = await self.commit(self.position, proven)
        self._commits += 1
        if self._commits.bit_count() == 1:  # the first, then whenever there may be twice as much
            await analyze_lines(self.committer.engine)
        return as_written
