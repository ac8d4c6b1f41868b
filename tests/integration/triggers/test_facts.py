"""Facts that are no price in dollars, from their sources to a repayment: an exchange rate, and a benchmark rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import httpx
import pytest
from eth_utils.address import to_checksum_address

from oracles.facts.fact import Fact, NothingSeen
from oracles.health import FeedStatus
from oracles.judging import judge_feeds
from oracles.reporting.declaration import JsonSource, PriceDeclared, RateDeclared
from oracles.reporting.declared_facts import price_fact, rate_fact
from oracles.reporting.endpoint import ReceiptsDesk
from orchestrator.alerts import Alerts
from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.rpc import JsonRpc
from orchestrator.metrics import Metrics
from orchestrator.mirror.start import store_feeds
from tests.integration.mirror.ground import ADMIN, BORROWER, CHAIN_ID, HOUR, LENDER, PRICE, USDC, ZERO, Ground
from tests.integration.oracles.club import Clock, Club, open_club
from tests.integration.triggers.conftest import DeployedChain
from tests.integration.triggers.ground import Service, book_of, ltv_mandate, market_of, open_service
from tests.unit.oracles.sources.exchange_server import ExchangeServer, Reply, serving

REPORTERS = 3
SOURCES = ("bank", "desk", "exchange")
DECIMALS = 8
UNIT = 10**DECIMALS
OK, STALE = 0, 1
"""Of `IOracleAdapter.Reason`."""


@dataclass
class Attested:
    """A service that follows a feed, the reporters of the feed, and the sources that they ask."""

    service: Service
    club: Club
    sources: ExchangeServer

    def say(self, value: str, **other: str) -> None:
        """What every source answers as of now, but for those that say something else."""
        for name in SOURCES:
            self.sources.answer(f"/{name}", Reply({"mid": other.get(name, value), "at": self.club.clock.at}))

    async def report(self, value: str, **other: str) -> Decimal:
        """A moment passes, the sources say something, and every reporter looks. The feed's answer."""
        await self.club.clock.pass_(1)
        self.say(value, **other)
        await self.club.step()
        return Decimal((await self.club.state()).answer).scaleb(-DECIMALS)

    async def judge(self) -> dict[str, FeedStatus]:
        """By pair, at the mirror's block."""
        await self.service.evaluate()
        engine, alerts = self.service.mirror.engine, Alerts(self.service.sessions, Metrics())
        return {one.pair: one.judgement.status for one in await judge_feeds(engine, CHAIN_ID, alerts)}

    @property
    def feed(self) -> str:
        return self.club.feed.id.address


@pytest.fixture
def sources() -> Iterator[ExchangeServer]:
    with serving() as server:
        yield server


def declared(sources: ExchangeServer) -> tuple[JsonSource, ...]:
    return tuple(
        JsonSource(name=name, base_url=sources.url, path=f"/{name}", value="mid", time="at") for name in SOURCES
    )


@asynccontextmanager
async def attested(
    chain: DeployedChain,
    database_url: str,
    sources: ExchangeServer,
    pair: str,
    fact_of: Callable[[httpx.AsyncClient, Clock], Fact],
    book_with: Callable[[Ground], AddressBook] = book_of,
    lowest: int = 1,
) -> AsyncIterator[Attested]:
    """With the label `attested` for the feed, which is followed as `pair`."""
    await chain.restore()
    async with httpx.AsyncClient() as client:

        def equip(place: int, clock: Clock) -> tuple[Fact, ReceiptsDesk | None]:
            return fact_of(client, clock), None

        club_of = partial(open_club, chain.url, reporters=REPORTERS, quorum=REPORTERS, lowest=lowest, start=0)
        async with club_of(equip=equip) as club:
            addresses = chain.addresses | {"attested": club.feed.id.address}

            def book(ground: Ground) -> AddressBook:
                found = book_with(ground)
                feed = BookFeed(club.feed.id.address, DECIMALS, HOUR, 300)
                return replace(found, feeds={**found.feeds, pair: feed})

            if book_with is in_euros:
                addresses |= await deploy_euros(addresses, club.rpc)
            async with open_service(database_url, chain.url, addresses, book_of=book) as service:
                await store_feeds(service.mirror.engine, book(service.ground))
                yield Attested(service, club, sources)


async def deploy_euros(addresses: dict[str, str], rpc: JsonRpc) -> dict[str, str]:
    """A token of euros, and a market of ether against it: the price in dollars over the dollars of a euro."""
    ground = Ground(rpc, dict(addresses))
    euros = await ground.deploy("EURC", "LocalToken", "Euro Coin", "EURC", 6)
    config = {
        "loanToken": euros,
        "collateralToken": ground.addresses["WETH"],
        "base": {"feed": ground.addresses["feed"], "heartbeat": 30 * 24 * HOUR, "margin": HOUR},
        "quote": {"feed": ground.addresses["attested"], "heartbeat": HOUR, "margin": 300},
        "crossCheck": {"feed": ZERO, "heartbeat": 0, "margin": 0},
        "sequencer": ZERO,
        "sequencerGrace": 0,
        "maxDeviationBps": 0,
        "minPriceE36": 1,
        "maxPriceE36": 2**160,
    }
    oracle = await ground.deploy("oracle in euros", "OracleAdapter", config)
    await ground.vault(ADMIN, "createMarket", euros, ground.addresses["WETH"], oracle, 10 * USDC)
    for person in (LENDER, BORROWER):
        await ground.send(ADMIN, "EURC", "LocalToken", "mint", person.address, 10**30)
        await ground.send(person, "EURC", "LocalToken", "approve", ground.addresses["vault"], 2**256 - 1)
    return ground.addresses


def in_euros(ground: Ground) -> AddressBook:
    market = market_of(ground, 2, "EURC", "oracle in euros", "feed", "attested")
    return replace(book_of(ground), markets=(*book_of(ground).markets, market))


@pytest.fixture
async def euros(
    chain_with_contracts: DeployedChain, database_url: str, sources: ExchangeServer
) -> AsyncIterator[Attested]:
    said = PriceDeclared(kind="fx", pair="EUR/USD", quorum=2, sources=declared(sources))

    def fact_of(client: httpx.AsyncClient, clock: Clock) -> Fact:
        return replace(price_fact(said, client), now=clock.now)

    async with attested(chain_with_contracts, database_url, sources, "EUR/USD", fact_of, in_euros) as found:
        yield found


@pytest.fixture
async def benchmark(
    chain_with_contracts: DeployedChain, database_url: str, sources: ExchangeServer
) -> AsyncIterator[Attested]:
    said = RateDeclared(kind="rate", name="SOFR", quorum=2, sources=declared(sources))

    def fact_of(client: httpx.AsyncClient, clock: Clock) -> Fact:
        return replace(rate_fact(said, client), now=clock.now)

    async with attested(chain_with_contracts, database_url, sources, "SOFR", fact_of, lowest=-100 * UNIT) as found:
        yield found


async def test_a_debt_in_euros_is_repaid_when_the_euro_rises_though_ether_stands_still(euros: Attested) -> None:
    service = euros.service
    assert await euros.report("1.10", exchange="0.11") == Decimal("1.10")  # one source is a digit off
    line = await service.drawn_line(
        loanToken=service.ground.addresses["EURC"], oracle=service.ground.addresses["oracle in euros"]
    )
    await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(560 * UNIT)  # 509 euros: a debt of 600 is at 59 % of two ether
    await service.settle()
    assert await service.triggers() == []

    assert await euros.report("1.40") == Decimal("1.40")  # 400 euros
    await service.settle()
    (trigger,) = await service.triggers()
    assert (trigger.status, to_checksum_address(trigger.feed or "")) == ("done", euros.feed)
    assert "of the collateral's value at 400 EURC for one WETH, above 60 %" in trigger.why
    _, debt = await service.owed(line)
    assert debt * 10_000 <= 6_001 * 800 * USDC


async def test_a_rate_of_exchange_that_falls_silent_is_told_and_leaves_no_price(euros: Attested) -> None:
    await euros.report("1.10")
    assert (await euros.judge())["EUR/USD"] == FeedStatus.FRESH
    euros.say("1.10", bank="1.40", desk="0.90")
    with pytest.raises(NothingSeen, match="no quorum of 2"):
        await euros.club.step()

    await euros.club.clock.pass_(HOUR + 301)
    assert (await euros.judge())["EUR/USD"] == FeedStatus.STALE
    assert any(message.startswith("the feed EUR/USD is stale") for message in await euros.service.open_alerts())
    reason, feed = await euros.service.ground.view("oracle in euros", "OracleAdapter", "assess")
    assert (reason, to_checksum_address(feed)) == (STALE, euros.feed)

    await euros.report("1.11")
    await euros.service.ground.push(PRICE)
    assert (await euros.judge())["EUR/USD"] == FeedStatus.FRESH
    assert await euros.service.open_alerts() == []


async def test_a_rate_of_exchange_stands_over_a_weekend_in_which_nobody_quotes_it(euros: Attested) -> None:
    await euros.report("1.10")
    for hours in (1, 1, 40, 1, 20):
        before = await euros.club.state()
        await euros.club.clock.pass_(hours * HOUR)
        await euros.club.step()  # every source still says what it said on Friday
        assert (await euros.club.state()).round_id == before.round_id + 1
        assert (await euros.judge())["EUR/USD"] == FeedStatus.FRESH
        reason, _ = await euros.service.ground.view("oracle in euros", "OracleAdapter", "assess")
        assert reason == OK
    assert Decimal((await euros.club.state()).answer).scaleb(-DECIMALS) == Decimal("1.10")

    await euros.club.clock.pass_(60 * HOUR)
    with pytest.raises(NothingSeen, match=r"its quote is \d+ s old"):
        await euros.club.step()


async def test_a_benchmark_rate_below_zero_is_an_answer_and_repays_below_a_level(benchmark: Attested) -> None:
    service = benchmark.service
    await benchmark.report("0.05")
    line = await service.drawn_line()
    await service.ground.register_mandate(
        line, kind=2, feed=benchmark.feed, above=False, level=-UNIT // 2, amount=100 * USDC
    )
    for answer in ("0", "-0.50"):
        assert await benchmark.report(answer) == Decimal(answer)
        assert (await benchmark.judge())["SOFR"] == FeedStatus.FRESH
        await service.settle()
        assert await service.triggers() == []

    assert await benchmark.report("-0.55") == Decimal("-0.55")
    assert (await benchmark.judge())["SOFR"] == FeedStatus.FRESH
    assert not any("SOFR" in message for message in await service.open_alerts())
    await service.settle()
    assert [(one.status, one.pays) for one in await service.triggers()] == [("done", 100 * USDC)]


async def test_a_benchmark_rate_above_a_level_repays_what_the_borrower_signed(benchmark: Attested) -> None:
    service = benchmark.service
    assert await benchmark.report("5.31", bank="5.33") == Decimal("5.31")
    assert (await benchmark.judge())["SOFR"] == FeedStatus.FRESH
    line = await service.drawn_line()
    await service.ground.register_mandate(
        line, kind=2, feed=benchmark.feed, above=True, level=6 * UNIT, amount=100 * USDC
    )
    await service.settle()
    assert await service.triggers() == []

    assert await benchmark.report("6.05") == Decimal("6.05")
    await service.settle()
    assert [(one.status, one.pays) for one in await service.triggers()] == [("done", 100 * USDC)]
