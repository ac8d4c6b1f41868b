"""The parts of an application, opened for as long as it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from api.nodes import Nodes
from api.parts import Bounds, Parts, Site, Webhooks
from orchestrator.chain.book import AddressBook
from orchestrator.db.session import open_engine, pool_of_reads

POOL_SIZE = 10
"""Connections of each kind; SQLAlchemy may open as many again for a moment."""


@asynccontextmanager
async def open_parts(
    book: AddressBook,
    database_url: str,
    redis_url: str,
    nodes: Nodes,
    site: Site,
    *,
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    webhooks: Webhooks = Webhooks(),  # noqa: B008 - frozen
) -> AsyncIterator[Parts]:
    """``nodes`` stay the caller's to close; ``redis_url`` is redis-py's form. Servers that are away hold up nothing."""
    async with AsyncExitStack() as stack:
        engine = open_engine(database_url, process="web", pool_size=POOL_SIZE)
        stack.push_async_callback(engine.dispose)
        reads = pool_of_reads(database_url, process="web", size=POOL_SIZE)
        await reads.open()
        stack.push_async_callback(reads.close)
        redis = Redis.from_url(redis_url)
        stack.push_async_callback(redis.aclose)
        yield Parts(
            book=book, engine=engine, reads=reads, nodes=nodes, redis=redis, site=site, bounds=bounds, webhooks=webhooks
        )
