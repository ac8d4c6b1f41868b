"""Markets over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from api.lines.prices import MarketPrices, PricesDep
from api.lines.units import Units
from api.markets.schemas import MarketDetail, MarketList
from api.parts import PartsDep
from api.portfolio.pricing import priced_snapshot
from api.problems import INVALID_REQUEST, documented
from api.snapshot import READ_PROBLEMS, MinBlock, Snapshot, wait_for_block
from orchestrator.db.models import Market

router = APIRouter(prefix="/v1/markets", tags=["markets"])


@router.get(
    "", summary="List markets", response_model=MarketList, responses=documented(INVALID_REQUEST, *READ_PROBLEMS)
)
async def list_markets(parts: PartsDep, prices: PricesDep, min_block: MinBlock = None) -> MarketList:
    """What can be borrowed against what, from which amount, and what the oracles say. There are few: all at once."""
    if min_block is not None:
        await wait_for_block(parts, min_block)
    async with priced_snapshot(parts, prices) as (snapshot, priced):
        pass
    return MarketList(
        as_of=snapshot.as_of, items=[_market(market, found, snapshot) for market, found in priced.values()]
    )


def _market(market: Market, found: MarketPrices, snapshot: Snapshot) -> MarketDetail:
    units, reading = Units(snapshot.tokens, market), found.reading
    in_book = {known.id: known.feeds for known in snapshot.book.markets}
    return MarketDetail(
        market=units.reference(),
        measuring_price=None if reading.measuring_price is None else units.price(reading.measuring_price),
        measuring_unavailable=found.unavailable,
        risk_price=None if reading.risk_price is None else units.price(reading.risk_price),
        deviation_bps=None if reading.risk_price is None else reading.deviation_bps,
        feeds=list(in_book.get(market.market_id, ())),
        log=snapshot.provenance(market),
    )
