"""Before following: where to begin, and whom to watch."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.book import AddressBook
from orchestrator.chain.reader import ChainReader
from orchestrator.db.lease import Lease
from orchestrator.db.models import Feed, WatchedContract
from orchestrator.mirror.batch import Projector
from orchestrator.mirror.cursor import create_cursor, read_position, require_position
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.join import join
from orchestrator.mirror.quarantine import retry_quarantined
from orchestrator.mirror.watch import Role, Source, Watch

log = logging.getLogger(__name__)


async def open_mirror(
    engine: AsyncEngine,
    lease: Lease,
    reader: ChainReader,
    chain_id: int,
    wanted: Sequence[Source],
    codecs: Codecs,
    witness: ChainReader | None = None,
) -> Projector:
    """Make a mirror ready to be followed: its cursor, every wanted contract watched, the quarantine tried again.

    ``witness``: another provider, which confirms the past of contracts that join late.

    Raises:
        RpcError: the provider failed; nothing half-done is left.
        LeaseLost, CursorMoved: another writer came between.
    """
    await _ensure_cursor(engine, lease, reader, chain_id, min(source.from_block for source in wanted))
    async with engine.connect() as connection:
        position = await require_position(connection, chain_id)
        watched = await watched_sources(connection, chain_id)
    known = {source.address for source in watched}
    joining = [source for source in wanted if source.address not in known]
    if joining:
        await join(engine, lease, reader, Projector(chain_id, Watch(joining), codecs), position, witness)
    projector = Projector(chain_id, Watch([*watched, *joining]), codecs)
    async with engine.begin() as connection:
        await lease.check(connection)
        cured = await retry_quarantined(connection, projector)
    if cured:
        log.info("logs left the quarantine", extra={"chain_id": chain_id, "logs": cured})
    return projector


async def watched_sources(connection: AsyncConnection, chain_id: int) -> list[Source]:
    """The contracts that the mirror of a chain watches already."""
    rows = await connection.execute(select(WatchedContract.__table__).where(WatchedContract.chain_id == chain_id))
    return [
        Source(
            row.address,
            Role(row.role),
            row.vault,
            row.label,
            row.from_block,
            row.feed,
            row.phase,
            row.read_at_hash,
        )
        for row in rows
    ]


async def store_feeds(engine: AsyncEngine, *books: AddressBook) -> None:
    """A chain's books say what feeds there are and how often they should answer; how they do is judged elsewhere."""
    prices = {address for book in books for market in book.markets for address in market.feeds}
    async with engine.begin() as connection:
        for chain_id, pair, feed in ((book.chain_id, *found) for book in books for found in book.feeds.items()):
            said = {
                "pair": pair,
                "decimals": feed.decimals,
                "heartbeat_s": feed.heartbeat_s,
                "margin_s": feed.margin_s,
                "is_price": feed.address in prices,
            }
            row = insert(Feed).values(chain_id=chain_id, address=feed.address, status="unknown", reason="", **said)
            await connection.execute(row.on_conflict_do_update(index_elements=["chain_id", "address"], set_=said))


async def _ensure_cursor(
    engine: AsyncEngine, lease: Lease, reader: ChainReader, chain_id: int, first_block: int
) -> None:
    """Start before the first block of interest, or at an older one that is final: a start is never undone."""
    async with engine.begin() as connection:
        await lease.check(connection)
        if await read_position(connection, chain_id) is None:
            finalized = (await reader.heads()).finalized
            number = max(0, min(first_block - 1, finalized.number if finalized else 0))
            anchor = (await reader.headers_at([number]))[0]
            await create_cursor(connection, chain_id, anchor, lease.epoch)
