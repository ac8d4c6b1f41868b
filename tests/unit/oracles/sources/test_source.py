"""Asking a source over HTTP: what is tried again, what is not, at which pace, and by whose clock."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate

import httpx
import pytest

from oracles.sources.bitstamp import Bitstamp
from oracles.sources.fetch import MAX_BODY_BYTES, Fetcher, FetchPolicy
from oracles.sources.kraken import Kraken
from oracles.sources.quote import SourceFailed
from oracles.sources.source import HttpSource
from tests.unit.oracles.sources.exchange_server import BITSTAMP, KRAKEN, ExchangeServer, Reply, serving

NOW = 1_584_072_030.0
KRAKEN_PATH = "/0/public/Ticker"
BITSTAMP_PATH = "/api/v2/ticker/ethusd/"


@dataclass
class Clock:
    """Stands still, but for those who sleep by it."""

    at: float = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def exchanges() -> Iterator[ExchangeServer]:
    with serving() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fetcher(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock, name: str = "kraken", **policy: float
) -> Fetcher:
    made = FetchPolicy(**{"pace_s": 0.0, "timeout_s": 5.0, **policy})  # type: ignore[arg-type]
    return Fetcher(name, exchanges.url, client, made, clock.now, clock.sleep, chance=lambda: 0.0)


async def test_a_quote_is_the_ticker_with_the_second_it_came(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock
) -> None:
    exchanges.answer(KRAKEN_PATH, Reply(KRAKEN))
    quote = await HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock)).quote()
    assert (quote.source, str(quote.price), quote.observed_at) == ("kraken", "110.20000", int(NOW))
    assert exchanges.asked == ["/0/public/Ticker?pair=ETHUSD"]


async def test_failures_that_may_pass_are_tried_again_with_growing_waits(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock
) -> None:
    exchanges.answer(KRAKEN_PATH, Reply(status=503), Reply(status=500), Reply(KRAKEN))
    await HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock)).quote()
    assert clock.slept == [0.5, 1.0]


async def test_a_limit_of_requests_is_waited_out_as_long_as_the_source_asks(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock
) -> None:
    exchanges.answer(KRAKEN_PATH, Reply(status=429, headers={"Retry-After": "7"}), Reply(KRAKEN))
    await HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock)).quote()
    assert clock.slept == [7.0]


@pytest.mark.parametrize(
    ("reply", "reason", "requests"),
    [
        (Reply(status=503), r"answered 503 \(3 attempts\)", 3),
        (Reply(status=429, headers={"Retry-After": "3600"}), "answered 429", 1),
        (Reply(status=404, body={}), "answered 404", 1),
        (Reply(raw=b"<html>"), "is not JSON", 1),
        (Reply(raw=b"[" * 200_000), "is not JSON", 1),
        (Reply(raw=b" " * (MAX_BODY_BYTES + 1)), "larger than", 1),
        (Reply(body={"error": ["EService:Busy"]}), "EService:Busy", 1),
        (Reply(KRAKEN, headers={"Date": formatdate(NOW + 95, usegmt=True)}), "its clock is 95 s ahead", 1),
        (Reply(KRAKEN, headers={"Date": formatdate(NOW - 95, usegmt=True)}), "its clock is 95 s behind", 1),
    ],
)
async def test_what_is_no_quote_is_told_with_its_source(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock, reply: Reply, reason: str, requests: int
) -> None:
    exchanges.answer(KRAKEN_PATH, reply)
    with pytest.raises(SourceFailed, match=f"kraken: .*{reason}"):
        await HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock)).quote()
    assert len(exchanges.asked) == requests


async def test_a_source_that_hangs_is_left_after_the_time_out(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock
) -> None:
    exchanges.answer(KRAKEN_PATH, Reply(KRAKEN, delay_s=1.0))
    with pytest.raises(SourceFailed, match=r"no answer within 0\.05 s \(2 attempts\)"):
        await HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock, timeout_s=0.05, attempts=2)).quote()


async def test_a_source_that_is_not_there_cannot_be_reached(client: httpx.AsyncClient, clock: Clock) -> None:
    with serving() as gone:
        pass
    with pytest.raises(SourceFailed, match="cannot be reached: ConnectError"):
        await HttpSource(Kraken("ETHUSD"), fetcher(gone, client, clock, attempts=1)).quote()


async def test_requests_keep_their_pace(exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock) -> None:
    exchanges.answer(KRAKEN_PATH, Reply(KRAKEN))
    source = HttpSource(Kraken("ETHUSD"), fetcher(exchanges, client, clock, pace_s=2.0))
    for _ in range(3):
        await source.quote()
    assert clock.slept == [2.0, 2.0]


@pytest.mark.parametrize("ahead_s", [20, -20])
async def test_a_clock_that_is_a_little_off_is_corrected(
    exchanges: ExchangeServer, client: httpx.AsyncClient, clock: Clock, ahead_s: int
) -> None:
    said = BITSTAMP | {"timestamp": str(int(NOW) - 3 + ahead_s)}
    exchanges.answer(BITSTAMP_PATH, Reply(said, headers={"Date": formatdate(NOW + ahead_s, usegmt=True)}))
    quote = await HttpSource(Bitstamp("ethusd"), fetcher(exchanges, client, clock, "bitstamp")).quote()
    assert quote.observed_at == int(NOW) - 3
