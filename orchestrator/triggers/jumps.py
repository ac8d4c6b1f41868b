"""A price that moves too far from one evaluated block to the next: a feed gone wrong, or a day to have people awake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.units import BPS, Bps, PriceE36
from orchestrator.db.models import EvaluatedPrice
from orchestrator.db.models.registry import table_of

_PRICES = select(EvaluatedPrice.market_id, EvaluatedPrice.price_e36).where(
    EvaluatedPrice.chain_id == bindparam("chain_id")
)
_NEW = insert(table_of(EvaluatedPrice))
_NOTE = _NEW.on_conflict_do_update(
    index_elements=["chain_id", "market_id"],
    set_={"price_e36": _NEW.excluded.price_e36, "block_number": _NEW.excluded.block_number},
)


def jumped(before: PriceE36, now: PriceE36, bound_bps: Bps) -> bool:
    """Whether the price moved by more than ``bound_bps`` of what it was, up or down. Exact."""
    return abs(now - before) * BPS > bound_bps * before


async def note_prices(
    session: AsyncSession,
    chain_id: int,
    block_number: int,
    prices: Mapping[int, PriceE36 | None],
    bound_bps: Bps | None,
) -> list[str]:
    """Remembers the prices of a block, by market, and says in words which of them jumped since the last one."""
    rows = await session.execute(_PRICES, {"chain_id": chain_id})
    before = {market_id: PriceE36(price) for market_id, price in rows}
    changed = {market_id: price for market_id, price in prices.items() if price and before.get(market_id) != price}
    if changed:
        await session.execute(
            _NOTE,
            [
                {"chain_id": chain_id, "market_id": market_id, "price_e36": price, "block_number": block_number}
                for market_id, price in changed.items()
            ],
        )
    return [] if bound_bps is None else list(_words(before, changed, bound_bps, block_number))


def _words(
    before: Mapping[int, PriceE36], changed: Mapping[int, PriceE36], bound_bps: Bps, block_number: int
) -> Iterator[str]:
    for market_id, price in changed.items():
        old = before.get(market_id)
        if old is not None and jumped(old, price, bound_bps):
            percent = (price - old) * 100 / old
            yield (
                f"the price of market {market_id} moved by {percent:+.0f} % up to block {block_number}, "
                f"more than {bound_bps / 100:g} %"
            )
