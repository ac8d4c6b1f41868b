"""Blocks near the head with the watched logs in them, every log proven by its block's receipts root."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from orchestrator.chain.blocks import BadBlock, BlockRef, ChainLog, Header, require_chain
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.mirror.batch import Batch
from orchestrator.mirror.watch import Watch

PROOFS_AT_ONCE = 8


async def fetch_proven(
    reader: ChainReader, watch: Watch, base: BlockRef, last: int, known: Header | None = None
) -> Batch:
    """The blocks after ``base`` up to ``last``. ``known`` spares asking for a header that was just read.

    Raises:
        RpcError: of which InDoubt when the blocks don't follow ``base``: a reorg or another node came between.
    """
    first = base.number + 1
    headers = [known] if known and first == last == known.number else await reader.headers(first, last)
    try:
        require_chain(base, headers)
    except BadBlock as error:
        raise InDoubt(reader.provider, str(error)) from None
    return Batch(base, tuple(headers), tuple(await proven_logs(reader, watch, headers)), proven=True)


async def proven_logs(reader: ChainReader, watch: Watch, headers: Iterable[Header]) -> list[ChainLog]:
    """The watched logs of some blocks. A block whose bloom rules all watched contracts out is not asked for."""
    suspects = [header for header in headers if watch.bloom.may_match(header.logs_bloom)]
    gate = asyncio.Semaphore(PROOFS_AT_ONCE)

    async def prove(header: Header) -> Sequence[ChainLog]:
        async with gate:
            return await reader.proven_logs(header)

    proven = await asyncio.gather(*map(prove, suspects))
    return [log for logs in proven for log in logs if watch.keeps(log)]
