"""Logs on their way into the table and out of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from orchestrator.chain.blocks import ChainLog


def log_row(chain_id: int, log: ChainLog) -> dict[str, object]:
    """The values of a canonical log's row."""
    topics = (*log.topics, None, None, None, None)
    return {
        "chain_id": chain_id,
        "block_number": log.block_number,
        "block_hash": log.block_hash,
        "log_index": log.log_index,
        "tx_hash": log.tx_hash,
        "tx_index": log.tx_index,
        "address": log.address,
        "topic0": topics[0],
        "topic1": topics[1],
        "topic2": topics[2],
        "topic3": topics[3],
        "data": log.data,
        "canonical": True,
    }


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
