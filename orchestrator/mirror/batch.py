"""Blocks on their way into the database: as they were read, and as the rows that they make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from orchestrator.chain.blocks import BlockRef, ChainLog, Header
from orchestrator.chain.codec import UndecodableData
from orchestrator.db.copy import CopyForm, copy_form
from orchestrator.db.models import Market
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.decode import Codecs, Event
from orchestrator.mirror.outbox import told_line
from orchestrator.mirror.projections import Row, Unprojectable, project_event
from orchestrator.mirror.stored_logs import log_line
from orchestrator.mirror.watch import Watch

LoanTokens = dict[tuple[str, int], str]
"""The loan token of each (vault, market id)."""
LOGS_A_TURN = 200
"""How many logs are projected before other tasks have their turn."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive blocks that follow ``base``, with the watched logs in them. ``proven``: by their receipts roots."""

    base: BlockRef
    headers: tuple[Header, ...]
    logs: tuple[ChainLog, ...]
    proven: bool

    @property
    def tip(self) -> BlockRef:
        return self.headers[-1].ref if self.headers else self.base

    def times(self) -> dict[int, int]:
        """The timestamps of the blocks by number."""
        return {header.number: header.timestamp for header in self.headers}


class CopyLine(NamedTuple):
    """A row as COPY takes it."""

    form: CopyForm
    text: str

    @classmethod
    def of(cls, row: Row) -> CopyLine:
        form = copy_form(table_of(row.model), tuple(row.values))
        return cls(form, form.line(*row.values.values()))


class ProjectedLog(NamedTuple):
    """A log with all that it makes, ready to be written: rows, the event that is told (``outbox``), or why nothing.

    Formatted before there is a transaction: while the database takes in one batch, the next is made whole.
    ``stored`` is its own row, in ``LOG_FORM``; ``told`` is in ``TOLD_FORM``.
    """

    log: ChainLog
    stored: str
    rows: Sequence[CopyLine] = ()
    told: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Projector:
    """From logs to rows, for one chain."""

    chain_id: int
    watch: Watch
    codecs: Codecs

    def project(self, batch: Batch, loan_tokens: LoanTokens) -> list[ProjectedLog]:
        """The rows of a batch's logs, in order.

        ``loan_tokens``: of the markets created before the batch; those that it creates are added.
        """
        return list(self.project_logs(batch.logs, batch.times(), loan_tokens))

    async def project_in_turns(self, batch: Batch, loan_tokens: LoanTokens) -> AsyncGenerator[list[ProjectedLog]]:
        """As ``project``, some logs at a time, and other tasks of the event loop go on meanwhile."""
        logs = self.project_logs(batch.logs, batch.times(), loan_tokens)
        while turn := list(islice(logs, LOGS_A_TURN)):
            yield turn
            await asyncio.sleep(0)

    def project_logs(
        self, logs: Iterable[ChainLog], times: Mapping[int, int], loan_tokens: LoanTokens
    ) -> Iterator[ProjectedLog]:
        """As ``project``, with the timestamps of the logs' blocks by number."""
        for log in logs:
            yield self._project(log, times[log.block_number], loan_tokens)

    def _project(self, log: ChainLog, block_timestamp: int, loan_tokens: LoanTokens) -> ProjectedLog:
        source = self.watch.sources[log.address]
        codec = self.codecs[source.role]
        stored = log_line(self.chain_id, log)
        try:
            name, args = codec.decode_log(log.topics, log.data)
            event = Event(self.chain_id, source, name, args, log, block_timestamp, loan_tokens)
            rows = project_event(event)
            told = told_line(event, codec)
        except (UndecodableData, Unprojectable) as error:
            return ProjectedLog(log, stored, fault=f"{type(error).__name__}: {error}")
        for row in rows:
            if row.model is Market:
                loan_tokens[row.values["vault"], row.values["market_id"]] = row.values["loan_token"]
        return ProjectedLog(log, stored, [CopyLine.of(row) for row in rows], told)
