"""A contract that is new to the mirror joins it with all its past."""

from dataclasses import replace

from eth_utils.address import to_checksum_address
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.book import BookFeed
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import OracleRound, WatchedContract
from orchestrator.mirror.start import open_mirror
from orchestrator.mirror.watch import sources_of_book, sources_of_feeds
from tests.integration.mirror.ground import ADMIN, CHAIN_ID, PRICE, Ground, Mirror, codecs, opened_mirror
from tests.integration.mirror.proxy import Proxy, proxied
from tests.integration.mirror.rows import all_rows, count, digests_of, last_change


async def second_feed(ground: Ground) -> None:
    """Deployed late, and in the book from then on."""
    await ground.deploy("late feed", "LocalFeed", ADMIN.address, 8, "WBTC / USD")
    for answer in (60_000, 61_000):
        await ground.send(ADMIN, "late feed", "LocalFeed", "push", answer * 10**8, await ground.now())


def book_with_both(ground: Ground) -> Ground:
    book = ground.book()
    late = BookFeed(to_checksum_address(ground.addresses["late feed"]), 8, 3_600, 300)
    both = replace(book, feeds={**book.feeds, "WBTC/USD": late})
    ground.book = lambda: both  # type: ignore[method-assign]
    return ground


async def test_a_feed_that_joins_late_has_all_its_rounds(
    ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine
) -> None:
    await ground.mine(150)
    await second_feed(ground)
    await ground.push(PRICE)
    await mirror.catch_up()
    assert await count(mirror.engine, OracleRound) == 2
    book_with_both(ground)
    changed_at = await last_change(mirror.engine)
    async with opened_mirror(mirror.engine, chain_url, ground) as restarted:
        assert await last_change(mirror.engine) > changed_at
        assert await count(mirror.engine, OracleRound) == 4
        await restarted.catch_up()
        async with opened_mirror(other_engine, chain_url, ground) as newcomer:
            await newcomer.catch_up()
    assert await digests_of(mirror.engine) == await digests_of(other_engine)


async def test_what_a_contract_did_long_ago_is_compared_with_another_provider(
    ground: Ground, mirror: Mirror, chain_url: str
) -> None:
    """Of which they do not say the same, each block is proven."""
    await second_feed(ground)
    await ground.mine(150)
    await mirror.catch_up()
    book = book_with_both(ground).book()
    head = (await mirror.reader.heads()).latest
    wanted = sources_of_book(book) + await sources_of_feeds(mirror.reader, book, head.hash)
    async with proxied(chain_url, Proxy) as other:
        other.answer = lambda method, _params, result: [] if method == "eth_getLogs" else result
        witness = ChainReader(JsonRpc(other.url))
        await open_mirror(mirror.engine, mirror.lease, mirror.reader, CHAIN_ID, wanted, codecs(), witness)
        await witness.aclose()
    assert "eth_getLogs" in other.asked
    assert await count(mirror.engine, OracleRound) == 1 + 2


async def test_rounds_read_before_and_after_joining_are_not_doubled(
    ground: Ground, mirror: Mirror, chain_url: str
) -> None:
    await second_feed(ground)
    book_with_both(ground)
    await mirror.catch_up()
    for _ in range(2):
        async with opened_mirror(mirror.engine, chain_url, ground) as restarted:
            await ground.send(ADMIN, "late feed", "LocalFeed", "push", 10**8, await ground.now())
            await restarted.catch_up()
    assert await count(mirror.engine, OracleRound) == 1 + 4
    assert await count(mirror.engine, WatchedContract) == 5


async def test_a_feed_of_phases_shows_its_rounds_as_its_readers_see_them(ground: Ground, mirror: Mirror) -> None:
    """The aggregator tells round 1, the proxy shows it as phase · 2^64 + 1."""
    round_id, answer, _, updated_at, _ = await ground.view("feed", "LocalFeed", "latestRoundData")
    [row] = await all_rows(mirror.engine, "SELECT round_id, answer, updated_at FROM oracle_rounds")
    assert (int(row.round_id), int(row.answer), row.updated_at) == (round_id, answer, updated_at)
    assert round_id == 2**64 + 1
