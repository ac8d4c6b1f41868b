"""What the address books say of feeds is stored: also which of them price a market, and which are facts."""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.book import AddressBook, BookFeed, BookMarket
from orchestrator.mirror.start import store_feeds
from tests.integration.mirror.rows import all_rows

ETHER, RATE, TOKEN = (to_checksum_address(f"0x{number:040x}") for number in (1, 2, 3))


def book(*markets: BookMarket) -> AddressBook:
    feeds = {"ETH/USD": BookFeed(ETHER, 8, 3_600, 300), "SOFR": BookFeed(RATE, 8, 86_400, 300)}
    return AddressBook(31_337, 1, {}, markets, {}, feeds, {})


def priced_by(*feeds: str) -> BookMarket:
    addresses = tuple(map(to_checksum_address, feeds))
    return BookMarket(1, TOKEN, TOKEN, TOKEN, 0, addresses, "USDC", "WETH", 6, 18)


async def prices(engine: AsyncEngine) -> list[str]:
    return [row.pair for row in await all_rows(engine, "SELECT pair FROM feeds WHERE is_price ORDER BY pair")]


async def test_a_feed_that_a_market_of_any_book_reads_is_a_price_and_all_others_are_facts(engine: AsyncEngine) -> None:
    await store_feeds(engine, book(), book(priced_by(ETHER)), book())
    assert await prices(engine) == ["ETH/USD"]


async def test_a_fact_becomes_a_price_with_the_first_market_that_reads_it(engine: AsyncEngine) -> None:
    await store_feeds(engine, book(priced_by(ETHER)))
    await store_feeds(engine, book(priced_by(ETHER, RATE)))
    assert await prices(engine) == ["ETH/USD", "SOFR"]
