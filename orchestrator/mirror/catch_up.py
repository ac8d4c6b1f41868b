"""Catching up, range after range: while the database takes one in, the next is projected. Commits stay in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from orchestrator.chain.reader import ChainReader
from orchestrator.mirror.backfill import fetch_range_proven
from orchestrator.mirror.batch import Batch, LoanTokens, ProjectedLog
from orchestrator.mirror.commit import Committer, SequenceGap
from orchestrator.mirror.cursor import Position
from orchestrator.mirror.markets import known_loan_tokens
from orchestrator.mirror.newest_lines import analyze_lines

log = logging.getLogger(__name__)

Store = Callable[[Position, Batch, Sequence[ProjectedLog] | None], Awaitable[Position]]
"""Commits a batch, with what its logs make if that is known; says where the cursor is then.

Raises as ``Committer.commit`` does.
"""


@dataclass
class CatchUp:
    """One run through the ranges that are missing."""

    committer: Committer
    reader: ChainReader
    store: Store
    position: Position
    _commits: int = field(default=0, init=False)
    _loan_tokens: LoanTokens | None = field(default=None, init=False)
    """None when the database alone knows: at first, since a commit may rewind, and after logs had been left out."""

    async def run(self, batches: AsyncIterator[Batch]) -> None:
        """Commit ``batches``, each of which follows the one before. Raises as fetching and committing do."""
        committing: asyncio.Task[None] | None = None
        try:
            async for batch in batches:
                known = self._loan_tokens
                projected = await self._project(batch)
                if committing is not None:
                    await committing
                    projected = projected if self._loan_tokens is known else None
                committing = asyncio.create_task(self._commit(batch, projected))
                if projected is None:
                    await committing
        except asyncio.CancelledError:
            if committing is not None:
                committing.cancel()
            raise
        finally:
            if committing is not None:  # also when the provider fails: what was read well is not thrown away
                await committing

    async def _project(self, batch: Batch) -> list[ProjectedLog] | None:
        if self._loan_tokens is None:
            return None
        return await self.committer.projector.project_in_turns(batch, self._loan_tokens)

    async def _commit(self, batch: Batch, projected: Sequence[ProjectedLog] | None) -> None:
        try:
            self.position = await self.store(self.position, batch, projected)
        except SequenceGap as gap:
            log.warning("%s", gap.message, extra={"provider": self.reader.provider, "block": batch.tip.number})
            projected = None  # what was projected since may be wrong, too: a market may have been left out
            watch = self.committer.projector.watch
            proven = await fetch_range_proven(self.reader, watch, batch)
            self.position = await self.store(self.position, proven, None)
        self._commits += 1
        if self._commits.bit_count() == 1:  # the first, then whenever there may be twice as much
            await analyze_lines(self.committer.engine)
        if projected is None:
            async with self.committer.engine.connect() as connection:
                self._loan_tokens = await known_loan_tokens(connection, self.committer.projector.chain_id)
