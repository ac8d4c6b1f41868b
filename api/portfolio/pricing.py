"""A snapshot together with the prices of its block, without a database connection that waits for a node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from api.lines.prices import MarketPrices, OraclePrices
from api.parts import Parts
from api.portfolio.repository import read_markets
from api.snapshot import Snapshot, open_snapshot
from api.wire import checksum
from orchestrator.credit.oracle import OracleReading
from orchestrator.db.models import Market

_TRIES: Final = 5

Priced = Mapping[int, tuple[Market, MarketPrices]]
"""Markets and their prices by market id."""


@asynccontextmanager
async def priced_snapshot(parts: Parts, prices: OraclePrices) -> AsyncIterator[tuple[Snapshot, Priced]]:
    """Prices are asked for first, at the block where the mirror stands, and again if it has moved on since.

    Raises Problem when nothing is mirrored yet.
    """
    asked_at, known = "", dict[str, MarketPrices]()
    for attempt in range(_TRIES + 1):
        async with open_snapshot(parts) as snapshot:
            markets, block_hash = await read_markets(snapshot), snapshot.cursor.hash
            if block_hash == asked_at or attempt == _TRIES:
                found = known if block_hash == asked_at else {}
                yield snapshot, {m.market_id: (m, found.get(m.oracle, _TOO_FAST)) for m in markets}
                return
        known = {oracle: await prices.at(checksum(oracle), block_hash) for oracle in {m.oracle for m in markets}}
        asked_at = block_hash


_TOO_FAST: Final = MarketPrices(OracleReading(None, None), "blocks come faster than the node tells their prices")
