"""Catching up to finality: ranges of logs, read ahead of one another and handed over in order.

A provider's word on a range is checked where that is cheap (headers hash and link, logs lie in them, blooms agree) and
by sample where it is not: some blocks of each range are proven by their receipts root. What a sample misses, the
numbered states of the lines and the reconciliation find.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from orchestrator.chain.blocks import BadBlock, BlockRef, ChainLog, Header, require_chain
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.chain.rpc import RpcRefused, RpcTimeout
from orchestrator.mirror.batch import Batch
from orchestrator.mirror.fetch import proven_logs
from orchestrator.mirror.watch import Watch

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


async def backfill(
    reader: ChainReader, watch: Watch, base: BlockRef, last: int, size: RangeSize
) -> AsyncGenerator[Batch]:
    """Batches from ``base`` to ``last``, in order. ``size`` learns, and is kept by the caller for the next time.

    Raises:
        RpcError: a provider failed beyond what smaller ranges cure.
    """
    pending: deque[asyncio.Task[tuple[list[Header], list[ChainLog]]]] = deque()
    next_first = base.number + 1
    try:
        while pending or next_first <= last:
            while len(pending) < RANGES_AT_ONCE and next_first <= last:
                range_last = min(last, next_first + size.blocks - 1)
                pending.append(asyncio.create_task(_read_range(reader, watch, next_first, range_last)))
                next_first = range_last + 1
            try:
                headers, logs = await pending.popleft()
            except (RpcRefused, RpcTimeout):
                if not size.refused():
                    raise
                await _cancel(pending)
                next_first = base.number + 1
                continue
            size.answered(len(headers), len(logs))
            batch = _batch(reader, base, headers, logs)
            yield batch
            base = batch.tip
    finally:
        await _cancel(pending)


async def fetch_range_proven(reader: ChainReader, watch: Watch, batch: Batch) -> Batch:
    """The same blocks again, with every log proven: what to do with a batch that left something out."""
    return Batch(batch.base, batch.headers, tuple(await proven_logs(reader, watch, batch.headers)), proven=True)


async def _read_range(reader: ChainReader, watch: Watch, first: int, last: int) -> tuple[list[Header], list[ChainLog]]:
    headers = await reader.headers(first, last)
    logs = [log for log in await reader.ranged_logs(first, last, watch.addresses) if watch.keeps(log)]
    hashes = {header.number: header.hash for header in headers}
    for log in logs:
        if hashes[log.block_number] != log.block_hash:
            raise InDoubt(
                reader.provider, f"block {log.block_number} is {hashes[log.block_number]} or {log.block_hash}"
            )
    speaking = {log.block_number for log in logs}
    suspects = [header for header in headers if watch.bloom.may_match(header.logs_bloom)]
    if not speaking <= {header.number for header in suspects}:
        raise InDoubt(reader.provider, f"logs that their block's bloom rules out, in blocks {first} to {last}")
    sample = _sample((h for h in suspects if h.number not in speaking), PROVEN_SILENT)
    sample += _sample((h for h in suspects if h.number in speaking), PROVEN_SPEAKING)
    proven = await proven_logs(reader, watch, sorted(sample, key=lambda header: header.number))
    sampled = {header.number for header in sample}
    if proven != [log for log in logs if log.block_number in sampled]:
        raise InDoubt(reader.provider, f"its logs of blocks {first} to {last} are not those of the receipts")
    return headers, logs


def _sample(headers: Iterable[Header], count: int) -> list[Header]:
    """Up to ``count`` headers, chosen by their hashes: not to be foreseen, and a retry chooses the same."""
    return sorted(headers, key=lambda header: header.hash)[:count]


def _batch(reader: ChainReader, base: BlockRef, headers: list[Header], logs: list[ChainLog]) -> Batch:
    try:
        require_chain(base, headers)
    except BadBlock as error:
        raise InDoubt(reader.provider, str(error)) from None
    return Batch(base, tuple(headers), tuple(logs), proven=False)


async def _cancel(tasks: deque[asyncio.Task[tuple[list[Header], list[ChainLog]]]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()
