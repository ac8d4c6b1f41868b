"""Facts out of sources: a quorum that agrees is seen, all else is nothing, with the reasons."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from oracles.aggregate import AggregatePolicy
from oracles.facts.fact import NothingSeen, answer_of
from oracles.facts.price import PriceFact
from oracles.facts.rate import DAY_S, RateFact
from oracles.sources.quote import Quote, Source, SourceFailed

NOW = 1_700_000_000


@dataclass(frozen=True)
class Says:
    """A source that says one thing, or fails."""

    name: str
    price: str | None
    age_s: int = 1

    async def quote(self) -> Quote:
        if self.price is None:
            raise SourceFailed(self.name, "answered 503 (3 attempts)")
        return Quote(self.name, Decimal(self.price), None, NOW - self.age_s)


def price(*sources: Source) -> PriceFact:
    return PriceFact("ETH/USD", sources, AggregatePolicy(), now=lambda: NOW)


def rate(*sources: Source, quorum: int = 2) -> RateFact:
    return RateFact("SOFR", sources, quorum, now=lambda: NOW)


async def test_a_price_is_what_a_quorum_agrees_on_as_of_its_oldest_quote() -> None:
    seen = await price(Says("a", "110.0"), Says("b", "110.1", 9), Says("c", "110.2"), Says("d", "135")).look()
    assert (seen.value, seen.observed_at) == (Decimal("110.1"), NOW - 9)


async def test_without_a_quorum_nothing_is_seen_and_every_reason_is_told() -> None:
    with pytest.raises(NothingSeen) as nothing:
        await price(Says("a", "110"), Says("b", "110.1"), Says("c", None), Says("d", "135")).look()
    assert "no quorum of 3: 2 sources agree" in nothing.value.message
    assert "c: answered 503 (3 attempts)" in nothing.value.message
    assert "d: 135 is" in nothing.value.message


@pytest.mark.parametrize("said", ["-0.55", "0", "5.31"])
async def test_a_rate_may_be_zero_or_below(said: str) -> None:
    assert (await rate(Says("a", said), Says("b", said)).look()).value == Decimal(said)


async def test_rates_that_are_apart_old_or_missing_are_nothing() -> None:
    with pytest.raises(NothingSeen, match=r"0\.06 points apart"):
        await rate(Says("a", "5.31"), Says("b", "5.37")).look()
    with pytest.raises(NothingSeen, match="1 of 2 sources: the others are too old"):
        await rate(Says("a", "5.31"), Says("b", "5.31", 6 * DAY_S + 1)).look()
    with pytest.raises(NothingSeen, match="1 of 2 sources: b: answered 503"):
        await rate(Says("a", "5.31"), Says("b", None)).look()


@pytest.mark.parametrize("age_s", [-DAY_S // 2, 0, 5 * DAY_S])
async def test_a_rate_stands_until_the_next_one_and_is_seen_whenever_one_looks(age_s: int) -> None:
    assert (await rate(Says("a", "5.31", age_s), quorum=1).look()).observed_at == NOW


@pytest.mark.parametrize(("value", "answer"), [("110.1", 11_010_000_000), ("-0.55", -55_000_000), ("0.000000005", 0)])
def test_an_answer_is_the_nearest_in_the_feeds_decimals(value: str, answer: int) -> None:
    assert answer_of(Decimal(value), 8) == answer
