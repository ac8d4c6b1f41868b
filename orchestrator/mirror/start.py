"""Before following: where to begin, whom to watch, and how a contract that is new to the mirror joins it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.blocks import ChainLog, Header
from orchestrator.chain.book import AddressBook
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.db.copy import copy_rows
from orchestrator.db.lease import Lease
from orchestrator.db.models import Block, Feed, WatchedContract
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.backfill import RangeSize, backfill
from orchestrator.mirror.batch import Projector
from orchestrator.mirror.commit import CursorMoved, append, known_loan_tokens, sequence_gaps
from orchestrator.mirror.cursor import Position, block_row, create_cursor, read_position
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.fetch import fetch_proven
from orchestrator.mirror.newest_lines import update_lines
from orchestrator.mirror.watch import Role, Source, Watch, aggregators_of, sources_of_book

log = logging.getLogger(__name__)


async def open_mirror(
    engine: AsyncEngine, lease: Lease, reader: ChainReader, book: AddressBook, codecs: Codecs
) -> Watch:
    """Make the mirror of a chain ready to be followed: cursor, feeds, and every contract of the book watched.

    Raises:
        RpcError: the provider failed; nothing half-done is left.
        LeaseLost, CursorMoved: another writer came between.
    """
    heads = await reader.heads()
    wanted = sources_of_book(book)
    wanted += await aggregators_of(reader, wanted, heads.latest.hash)
    async with engine.begin() as connection:
        await lease.check(connection)
        if await read_position(connection, book.chain_id) is None:
            # The last block before ours, or an older one if that is not final yet: it must never be undone.
            final = heads.finalized.number if heads.finalized else 0
            anchor = (await reader.headers_at([max(0, min(book.deployed_block - 1, final))]))[0]
            await create_cursor(connection, book.chain_id, anchor, lease.epoch)
        await _store_feeds(connection, book)
        position = await read_position(connection, book.chain_id)
        watched = await watched_sources(connection, book.chain_id)
        assert position is not None
    known = {source.address for source in watched}
    joining = [source for source in wanted if source.address not in known]
    if joining:
        await join(engine, lease, reader, Projector(book.chain_id, Watch(joining), codecs), position)
    return Watch([*watched, *joining])


async def watched_sources(connection: AsyncConnection, chain_id: int) -> list[Source]:
    """The contracts that the mirror of a chain watches already."""
    rows = await connection.execute(select(WatchedContract.__table__).where(WatchedContract.chain_id == chain_id))
    return [
        Source(row.address, Role(row.role), row.vault, row.label, row.from_block, row.feed, row.phase) for row in rows
    ]


async def join(
    engine: AsyncEngine, lease: Lease, reader: ChainReader, projector: Projector, position: Position
) -> None:
    """Take contracts into the mirror with all their past up to the cursor, in one transaction.

    Raises:
        CursorMoved: the cursor moved meanwhile; try again.
    """
    watch, chain_id = projector.watch, projector.chain_id
    headers, logs = await _read_past(reader, watch, position)
    async with engine.begin() as connection:
        await lease.check(connection)
        now = await read_position(connection, chain_id, lock=True)
        if now is None or now.at != position.at:
            raise CursorMoved
        if logs:
            times = {header.number: header.timestamp for header in headers}
            loan_tokens = await known_loan_tokens(connection, chain_id)
            await _store_older_blocks(connection, chain_id, headers)
            await append(connection, chain_id, list(projector.project_logs(logs, times, loan_tokens)))
            first, last = logs[0].block_number, logs[-1].block_number
            for gap in await sequence_gaps(connection, chain_id, first, last):
                log.error("%s", gap)
            await update_lines(connection, chain_id, first, last)
        await copy_rows(
            connection, table_of(WatchedContract), [_watched_row(chain_id, s) for s in watch.sources.values()]
        )
    log.info("watching", extra={"contracts": {s.label: s.address for s in watch.sources.values()}, "logs": len(logs)})


async def _read_past(reader: ChainReader, watch: Watch, position: Position) -> tuple[list[Header], Sequence[ChainLog]]:
    """All of the watched logs up to the cursor, with the headers of their range; nothing when they begin after it."""
    headers: list[Header] = []
    logs: list[ChainLog] = []
    if watch.from_block > position.at.number:
        return headers, logs
    base = (await reader.headers_at([max(0, watch.from_block - 1)]))[0].ref
    async for batch in backfill(reader, watch, base, position.finalized.number, RangeSize()):
        headers += batch.headers
        logs += batch.logs
        base = batch.tip
    if base.number < position.at.number:
        recent = await fetch_proven(reader, watch, base, position.at.number)
        headers += recent.headers
        logs += recent.logs
        base = recent.tip
    if base != position.at:
        raise InDoubt(reader.provider, f"block {position.at.number} changed while older logs were read")
    return headers, logs


async def _store_older_blocks(connection: AsyncConnection, chain_id: int, headers: Sequence[Header]) -> None:
    """A contract older than the mirror brings its blocks along."""
    query = select(func.min(Block.number)).where(Block.chain_id == chain_id)
    oldest = (await connection.execute(query)).scalar_one()
    older = [block_row(chain_id, header) for header in headers if header.number < oldest]
    await copy_rows(connection, table_of(Block), older)


async def _store_feeds(connection: AsyncConnection, book: AddressBook) -> None:
    """The book says what feeds there are and how often they should answer; how they do is judged elsewhere."""
    for pair, feed in book.feeds.items():
        said = {
            "pair": pair,
            "decimals": feed.decimals,
            "heartbeat_s": feed.heartbeat_s,
            "margin_s": feed.margin_s,
        }
        row = insert(Feed).values(chain_id=book.chain_id, address=feed.address, status="unknown", reason="", **said)
        await connection.execute(row.on_conflict_do_update(index_elements=["chain_id", "address"], set_=said))


def _watched_row(chain_id: int, source: Source) -> dict[str, object]:
    return {
        "chain_id": chain_id,
        "address": source.address,
        "role": source.role.value,
        "vault": source.vault,
        "label": source.label,
        "from_block": source.from_block,
        "feed": source.feed,
        "phase": source.phase,
    }
