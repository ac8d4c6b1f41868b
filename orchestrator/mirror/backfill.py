"""Catching up to finality: ranges of logs, read ahead of one another and handed over in order.

A provider's word on a range is checked where that is cheap (headers hash and link, logs lie in them, blooms agree) and
by sample where it is not: some blocks of each range are proven by their receipts root. If there is a second provider,
it is asked for the same logs, and a range of which it does not say the same is proven block by block. With one alone,
what the sample misses is found by the numbered states of the lines, by reconciliation, or by a reindex from another.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from orchestrator.chain.blocks import BadBlock, BlockRef, ChainLog, Header, require_chain
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.chain.rpc import RpcError, RpcLimited, RpcRefused, RpcTimeout
from orchestrator.mirror.batch import Batch
from orchestrator.mirror.fetch import proven_logs
from orchestrator.mirror.watch import Watch

log = logging.getLogger(__name__)

RANGES_AT_ONCE = 2
PROVEN_SILENT = 16
"""How many blocks of a range that claim to hold no log of ours, though their bloom matches, are proven."""
PROVEN_SPEAKING = 2
"""How many blocks of a range that do hold logs are proven."""


@dataclass(slots=True)
class RangeSize:
    """How many blocks to ask for at once: aims at a number of logs, grows by a step, halves on refusal."""

    blocks: int = 50
    step: int = 50
    largest: int = 2_000
    aim: int = 4_000

    def answered(self, blocks: int, logs: int) -> None:
        """A range of ``blocks`` blocks came back with ``logs`` logs."""
        enough = blocks * self.aim // max(1, logs)
        self.blocks = max(1, min(self.blocks + self.step, enough, self.largest))

    def refused(self) -> bool:
        """The provider refused; False when a single block was already too much."""
        if self.blocks == 1:
            return False
        self.blocks //= 2
        return True


@dataclass(frozen=True, slots=True)
class _Range:
    """Consecutive blocks with the watched logs in them; ``proven``: all of them by their receipts roots."""

    headers: list[Header]
    logs: list[ChainLog]
    proven: bool


async def backfill(
    reader: ChainReader,
    watch: Watch,
    base: BlockRef,
    last: int,
    size: RangeSize,
    witness: ChainReader | None = None,
) -> AsyncGenerator[Batch]:
    """Batches from ``base`` to ``last``, in order. ``size`` learns, and is kept by the caller for the next time.

    ``witness``: another provider, whose word must be the same for logs to be believed unproven.

    Raises:
        RpcError: a provider failed beyond what smaller ranges cure.
    """
    pending: deque[asyncio.Task[_Range]] = deque()
    next_first = base.number + 1
    try:
        while pending or next_first <= last:
            while len(pending) < RANGES_AT_ONCE and next_first <= last:
                range_last = min(last, next_first + size.blocks - 1)
                pending.append(asyncio.create_task(_read_range(reader, witness, watch, next_first, range_last)))
                next_first = range_last + 1
            try:
                found = await pending.popleft()
            except (RpcRefused, RpcTimeout) as refused:
                if isinstance(refused, RpcLimited) or not size.refused():
                    raise
                await _cancel(pending)
                next_first = base.number + 1
                continue
            size.answered(len(found.headers), len(found.logs))
            batch = _batch(reader, base, found)
            yield batch
            base = batch.tip
    finally:
        await _cancel(pending)


async def fetch_range_proven(reader: ChainReader, watch: Watch, batch: Batch) -> Batch:
    """The same blocks again, with every log proven: what to do with a batch that left something out."""
    return Batch(batch.base, batch.headers, tuple(await proven_logs(reader, watch, batch.headers)), proven=True)


async def _read_range(reader: ChainReader, witness: ChainReader | None, watch: Watch, first: int, last: int) -> _Range:
    headers = await reader.headers(first, last)
    logs = await _ranged_logs(reader, watch, first, last)
    hashes = {header.number: header.hash for header in headers}
    for found in logs:
        if hashes[found.block_number] != found.block_hash:
            raise InDoubt(
                reader.provider, f"block {found.block_number} is {hashes[found.block_number]} or {found.block_hash}"
            )
    speaking = {found.block_number for found in logs}
    suspects = [header for header in headers if watch.bloom.may_match(header.logs_bloom)]
    if not speaking <= {header.number for header in suspects}:
        raise InDoubt(reader.provider, f"logs that their block's bloom rules out, in blocks {first} to {last}")
    if witness is not None and not await _confirmed(witness, watch, first, last, logs):
        log.warning("no other provider says the same of a range: proving it", extra={"first": first, "last": last})
        return _Range(headers, await proven_logs(reader, watch, suspects), proven=True)
    sample = _sample((h for h in suspects if h.number not in speaking), PROVEN_SILENT)
    sample += _sample((h for h in suspects if h.number in speaking), PROVEN_SPEAKING)
    proven = await proven_logs(reader, watch, sorted(sample, key=lambda header: header.number))
    sampled = {header.number for header in sample}
    if proven != [found for found in logs if found.block_number in sampled]:
        raise InDoubt(reader.provider, f"its logs of blocks {first} to {last} are not those of the receipts")
    return _Range(headers, logs, proven=False)


async def _ranged_logs(reader: ChainReader, watch: Watch, first: int, last: int) -> list[ChainLog]:
    return [found for found in await reader.ranged_logs(first, last, watch.addresses) if watch.keeps(found)]


async def _confirmed(witness: ChainReader, watch: Watch, first: int, last: int, logs: list[ChainLog]) -> bool:
    """Whether another provider says the same; one that does not answer confirms nothing."""
    try:
        return await _ranged_logs(witness, watch, first, last) == logs
    except RpcError:
        return False


def _sample(headers: Iterable[Header], count: int) -> list[Header]:
    """Up to ``count`` headers, chosen by their hashes: not to be foreseen, and a retry chooses the same."""
    return sorted(headers, key=lambda header: header.hash)[:count]


def _batch(reader: ChainReader, base: BlockRef, found: _Range) -> Batch:
    try:
        require_chain(base, found.headers)
    except BadBlock as error:
        raise InDoubt(reader.provider, str(error)) from None
    return Batch(base, tuple(found.headers), tuple(found.logs), found.proven)


async def _cancel(tasks: deque[asyncio.Task[_Range]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()
