"""Logs on their way into the table and out of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from orchestrator.chain.blocks import ChainLog
from orchestrator.db.copy import copy_form
from orchestrator.db.models import Log
from orchestrator.db.models.registry import table_of

COLUMNS = (
    "chain_id", "block_number", "block_hash", "log_index", "tx_hash", "tx_index", "address",
    "topic0", "topic1", "topic2", "topic3", "data", "canonical",
)  # fmt: skip


LOG_FORM = copy_form(table_of(Log), COLUMNS)


def log_line(chain_id: int, log: ChainLog) -> str:
    """A canonical log's row in ``LOG_FORM``."""
    number, block_hash, tx_hash, tx_index, log_index, address, topics, data = log
    padded = topics + (None,) * (4 - len(topics))
    return LOG_FORM.line(
        chain_id, number, block_hash, log_index, tx_hash, tx_index, address, *padded, "0x" + data.hex(), True
    )


def log_of(row: Row[Any]) -> ChainLog:
    """The log of a row that has the columns of `logs`."""
    return ChainLog(
        block_number=row.block_number,
        block_hash=row.block_hash,
        tx_hash=row.tx_hash,
        tx_index=row.tx_index,
        log_index=row.log_index,
        address=row.address,
        topics=tuple(topic for topic in (row.topic0, row.topic1, row.topic2, row.topic3) if topic is not None),
        data=bytes(row.data),
    )
