"""Blocks on their way into the database: as they were read, and as the rows that they make."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from orchestrator.chain.blocks import BlockRef, ChainLog, Header
from orchestrator.chain.codec import UndecodableData
from orchestrator.db.models import Market
from orchestrator.mirror.decode import Codecs, Event
from orchestrator.mirror.outbox import outbox_row
from orchestrator.mirror.projections import Row, Unprojectable, project_event
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


class ProjectedLog(NamedTuple):
    """A log with all that it makes: rows, the event that is told, or the reason why it makes nothing."""

    log: ChainLog
    rows: Sequence[Row] = ()
    told: Mapping[str, Any] | None = None
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

    async def project_in_turns(self, batch: Batch, loan_tokens: LoanTokens) -> list[ProjectedLog]:
        """As ``project``, and other tasks of the event loop go on meanwhile."""
        projected: list[ProjectedLog] = []
        logs = self.project_logs(batch.logs, batch.times(), loan_tokens)
        while turn := list(islice(logs, LOGS_A_TURN)):
            projected += turn
            await asyncio.sleep(0)
        return projected

    def project_logs(
        self, logs: Iterable[ChainLog], times: Mapping[int, int], loan_tokens: LoanTokens
    ) -> Iterator[ProjectedLog]:
        """As ``project``, with the timestamps of the logs' blocks by number."""
        for log in logs:
            projected = self._project(log, times[log.block_number], loan_tokens)
            for row in projected.rows:
                if row.model is Market:
                    loan_tokens[row.values["vault"], row.values["market_id"]] = row.values["loan_token"]
            yield projected

    def _project(self, log: ChainLog, block_timestamp: int, loan_tokens: LoanTokens) -> ProjectedLog:
        source = self.watch.sources[log.address]
        codec = self.codecs[source.role]
        try:
            name, args = codec.decode_log(log.topics, log.data)
            event = Event(self.chain_id, source, name, args, log, block_timestamp, loan_tokens)
            return ProjectedLog(log, project_event(event), outbox_row(event, codec))
        except (UndecodableData, Unprojectable) as error:
            return ProjectedLog(log, fault=f"{type(error).__name__}: {error}")
