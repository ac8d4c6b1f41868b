"""Where the provider's chain and ours part: above finality it is a reorg, below it a contradiction."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.blocks import BlockRef
from orchestrator.chain.reader import ChainReader
from orchestrator.errors import CovenantError
from orchestrator.mirror.commit import CursorMoved
from orchestrator.mirror.cursor import Position, canonical_hashes

FIRST_STEP = 4
STEP_GROWTH = 4
LONGEST_STEP = 128


class FinalizedMismatch(CovenantError):
    """A provider contradicts a block that was final. Nothing is overwritten: people decide who is wrong."""

    def __init__(self, provider: str, number: int, ours: str, theirs: str) -> None:
        super().__init__(
            f"{provider} has {theirs} for block {number}, which was finalized as {ours}",
            "compare with another provider; see docs/runbooks/mirror-finalized-mismatch.md",
        )


async def find_ancestor(
    connection: AsyncConnection, reader: ChainReader, chain_id: int, position: Position, newest: int
) -> BlockRef:
    """The newest block, at most ``newest``, that the mirror and the provider have in common.

    Raises:
        FinalizedMismatch: there is none down to our finalized block.
        CursorMoved: the mirror was taken back meanwhile.
    """
    floor = position.finalized.number
    last, step = min(newest, position.at.number), FIRST_STEP
    while True:
        first = max(floor, last - step + 1)
        ours = await canonical_hashes(connection, chain_id, first, last)
        for header in reversed(await reader.headers_at(range(first, last + 1))):
            if header.number not in ours:
                raise CursorMoved
            if ours[header.number] == header.hash:
                return header.ref
        if first == floor:
            theirs = (await reader.headers_at([floor]))[0].hash
            raise FinalizedMismatch(reader.provider, floor, position.finalized.hash, theirs)
        last, step = first - 1, min(step * STEP_GROWTH, LONGEST_STEP)
