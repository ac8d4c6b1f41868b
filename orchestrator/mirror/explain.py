"""Every fact of a line with the log that it came from, in the order in which the chain said them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain.blocks import ChainLog
from orchestrator.chain.codec import UndecodableData
from orchestrator.db.models import Block, Log
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.stored_logs import log_of
from orchestrator.mirror.watch import Role, Source, Watch

# Where each contract's events carry the line's id, among their indexed arguments.
_LINE_TOPICS = {Role.VAULT: Log.topic1, Role.TRIGGER: Log.topic2, Role.NFT: Log.topic3}


@dataclass(frozen=True, slots=True)
class Fact:
    """One log of a line: the event and its arguments as JSON, or why it could not be read."""

    log: ChainLog
    block_timestamp: int
    contract: str
    event: str
    args: dict[str, Any]


async def facts_of_line(
    connection: AsyncConnection, codecs: Codecs, chain_id: int, sources: Sequence[Source], vault: str, line_id: int
) -> list[Fact]:
    """The canonical logs about a line of a vault: the vault's, its trigger's and its note's."""
    ours = Watch([source for source in sources if source.vault == vault])
    word = f"0x{line_id:064x}"
    query = (
        select(table_of(Log), Block.timestamp)
        .join(
            Block, and_(Block.chain_id == Log.chain_id, Block.number == Log.block_number, Block.hash == Log.block_hash)
        )
        .where(
            Log.chain_id == chain_id, Log.canonical, or_(*(_about(source, word) for source in ours.sources.values()))
        )
        .order_by(Log.block_number, Log.log_index)
    )
    return [_fact(codecs, ours, log_of(row), row.timestamp) for row in await connection.execute(query)]


def _about(source: Source, word: str) -> ColumnElement[bool]:
    return and_(Log.address == source.address, _LINE_TOPICS[source.role] == word)


def _fact(codecs: Codecs, watch: Watch, log: ChainLog, block_timestamp: int) -> Fact:
    role = watch.sources[log.address].role
    codec = codecs[role]
    try:
        event, args = codec.decode_event(log.topics, log.data)
        return Fact(log, block_timestamp, role.value, event, codec.event_to_json(event, args))
    except UndecodableData as error:
        return Fact(log, block_timestamp, role.value, "undecodable", {"reason": str(error)})
