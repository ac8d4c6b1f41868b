"""The past as text for COPY: with a range, nothing is left to do but to send it.

It is written ahead of the transaction, here or in another process (``read_ahead``), in pieces of some logs each, so
that nobody has to hold a range twice. What is written says nothing of single logs: when the database refuses any of it,
the range is read again and applied log by log.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from orchestrator.chain.blocks import BlockRef
from orchestrator.chain.reader import ChainReader
from orchestrator.mirror.backfill import RangeSize, backfill
from orchestrator.mirror.batch import Batch, LoanTokens, ProjectedLog, Projector
from orchestrator.mirror.stored_logs import LOG_FORM


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be read: the blocks after ``base`` up to ``last``.

    ``loan_tokens``: of the markets that were created up to ``base``.
    """

    base: BlockRef
    last: int
    loan_tokens: LoanTokens


@dataclass(frozen=True, slots=True)
class Piece:
    """Some logs of a range, with all that they make.

    Attributes:
        log_count: how many they are.
        rows: of the logs themselves and of what they make, by the COPY statement that takes them.
        told: their events, in ``TOLD_FORM``.
        faulty: those that make nothing, with the reason.
        blocks: with the last piece of a range, the blocks that it is of. They have no logs: those are rows already.
    """

    log_count: int
    rows: dict[str, bytes]
    told: list[str]
    faulty: list[ProjectedLog]
    blocks: Batch | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A range, whole. See ``Piece``."""

    blocks: Batch
    pieces: Sequence[Piece]

    @property
    def log_count(self) -> int:
        return sum(piece.log_count for piece in self.pieces)

    @property
    def statements(self) -> list[str]:
        """The COPY statements that take its rows, each once."""
        return list(dict.fromkeys(statement for piece in self.pieces for statement in piece.rows))


async def write_pieces(
    reader: ChainReader, witness: ChainReader | None, projector: Projector, stretch: Stretch, size: RangeSize
) -> AsyncGenerator[Piece]:
    """A stretch, in order. ``size`` learns. Raises as ``backfill`` does."""
    loan_tokens = dict(stretch.loan_tokens)
    ranges = backfill(reader, projector.watch, stretch.base, stretch.last, size, witness)
    async with aclosing(ranges):
        async for batch in ranges:
            async for projected in projector.project_in_turns(batch, loan_tokens):
                yield _piece(projected)
            yield Piece(0, {}, [], [], replace(batch, logs=()))


async def whole_ranges(pieces: AsyncIterator[Piece]) -> AsyncGenerator[Written]:
    """The ranges that ``pieces`` make up."""
    held: list[Piece] = []
    async for piece in pieces:
        held.append(piece)
        if piece.blocks is not None:
            yield Written(piece.blocks, held)
            held = []


def _piece(projected: Sequence[ProjectedLog]) -> Piece:
    rows: dict[str, list[str]] = {LOG_FORM.statement: [item.stored for item in projected]}
    for item in projected:
        for form, line in item.rows:
            rows.setdefault(form.statement, []).append(line)
    return Piece(
        len(projected),
        {statement: "".join(lines).encode() for statement, lines in rows.items()},
        [item.told for item in projected if item.told is not None],
        [item for item in projected if item.fault is not None],
    )
