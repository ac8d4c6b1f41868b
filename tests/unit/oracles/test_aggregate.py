"""One answer out of several sources: one that lies changes nothing, two give no answer."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.aggregate import Aggregate, AggregatePolicy, Rejected, aggregate, weighted_median
from oracles.sources.quote import Quote

NOW = 1_584_072_000
POLICY = AggregatePolicy()


def quote(source: str, price: str, volume: str | None = "100", *, age_s: int = 1) -> Quote:
    return Quote(source, Decimal(price), None if volume is None else Decimal(volume), NOW - age_s)


def of(*quotes: Quote, failed: tuple[Rejected, ...] = ()) -> Aggregate:
    return aggregate(quotes, POLICY, NOW, failed)


HONEST = (quote("a", "110.00"), quote("b", "110.10"), quote("c", "110.20"))


def test_pitfall_38_a_price_that_no_one_else_saw_is_rejected_and_told() -> None:
    """Pitfall 38: 13 March 2020, 04:00, one exchange printed 135 while the others were at 110."""
    found = of(*HONEST, quote("d", "135.47"))
    assert found.price == Decimal("110.10")
    (rejected,) = found.rejected
    assert rejected.source == "d"
    assert "135.47 is 2304 bps from the median 110.10" in rejected.reason


def test_pitfall_38_a_price_without_volume_counts_for_nothing() -> None:
    """Pitfall 38: and it had no volume."""
    found = of(*HONEST, quote("d", "110.05", "0.0"))
    assert (found.price, found.rejected) == (Decimal("110.10"), (Rejected("d", "nobody traded at 110.05"),))


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        (quote("d", "0"), "0 is not a price"),
        (quote("d", "-1"), "-1 is not a price"),
        (quote("d", "110", age_s=121), "its quote is 121 s old"),
        (quote("d", "110", age_s=-6), "its quote is 6 s in the future"),
    ],
)
def test_what_is_no_price_of_this_moment_is_rejected(faulty: Quote, reason: str) -> None:
    assert of(*HONEST, faulty).rejected == (Rejected("d", reason),)


def test_a_source_that_failed_is_kept_with_its_reason() -> None:
    gone = Rejected("d", "answered 503 (3 attempts)")
    assert of(*HONEST, failed=(gone,)).rejected == (gone,)


def test_two_faulty_sources_of_four_give_no_answer() -> None:
    found = of(*HONEST[:2], quote("c", "135"), quote("d", "135"))
    assert found.price is None
    assert [one.source for one in found.rejected] == ["c", "d"]
    assert "2 sources agree: c: 135 is 2261 bps" in found.why_not
    assert of(*HONEST[:2], quote("c", "135")).price is None


def test_the_answer_is_as_old_as_the_oldest_quote_in_it() -> None:
    assert of(*HONEST[:2], quote("c", "110", age_s=100)).observed_at == NOW - 100


def test_more_volume_weighs_more_up_to_what_half_of_the_sources_have() -> None:
    assert weighted_median([quote("a", "1", "10"), quote("b", "2", "10"), quote("c", "3", "1000")]) == 2
    assert (
        weighted_median([quote("a", "1", "1"), quote("b", "2", "1"), quote("c", "3", "10"), quote("d", "4", "10")]) == 2
    )
    assert (
        weighted_median([quote("a", "1", "1"), quote("b", "2", "9"), quote("c", "3", "9"), quote("d", "4", "9")]) == 3
    )


def test_sources_that_state_no_volume_are_counted_by_heads() -> None:
    assert weighted_median([quote(name, price, None) for name, price in zip("abc", "123", strict=True)]) == 2


@pytest.mark.parametrize("wrong", [{"quorum": 0}, {"max_age_s": -1}, {"max_deviation_bps": 10_000}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        AggregatePolicy(**wrong)


positive = st.integers(1, 10**9).map(lambda units: Decimal(units) / 10_000)
near = st.integers(-90, 90).map(lambda bps: Decimal(200) * (10_000 + bps) / 10_000)
ages = st.integers(-200, 400)
any_price = st.integers(-10, 10**9).map(Decimal) | near
any_volume = st.none() | positive | st.just(Decimal(0))


@given(
    st.lists(st.tuples(near, positive), min_size=2, max_size=6),
    st.none()
    | st.tuples(st.integers(-10, 10**9).map(Decimal) | near, st.none() | positive | st.just(Decimal(0)), ages),
)
def test_one_faulty_source_never_takes_the_answer_out_of_the_honest_range(
    honest: list[tuple[Decimal, Decimal]], faulty: tuple[Decimal, Decimal | None, int] | None
) -> None:
    quotes = [Quote(f"honest-{i}", price, volume, NOW) for i, (price, volume) in enumerate(honest)]
    if faulty is not None:
        quotes.insert(1, Quote("faulty", faulty[0], faulty[1], NOW - faulty[2]))
    found = aggregate(quotes, POLICY, NOW)
    if len(honest) >= POLICY.quorum:
        assert found.price is not None
    if found.price is not None:
        assert min(honest)[0] <= found.price <= max(honest)[0]


@given(
    st.lists(st.tuples(near, positive), min_size=2, max_size=2), st.lists(st.tuples(any_price, positive), min_size=2)
)
def test_two_faulty_sources_of_four_give_no_answer_or_one_that_is_near_to_an_honest_source(
    honest: list[tuple[Decimal, Decimal]], faulty: list[tuple[Decimal, Decimal]]
) -> None:
    quotes = [Quote(str(i), price, volume, NOW) for i, (price, volume) in enumerate([*honest, *faulty[:2]])]
    found = aggregate(quotes, POLICY, NOW)
    if found.price is not None:
        assert any(abs(found.price - price) <= max(price, found.price) * 2 / 100 for price, _ in honest)


@given(st.lists(st.tuples(positive, st.none() | positive, ages), max_size=7))
def test_whatever_sources_say_an_answer_is_near_to_a_quorum_of_them_or_there_is_none(
    said: list[tuple[Decimal, Decimal | None, int]],
) -> None:
    quotes = [Quote(str(i), price, volume, NOW - age) for i, (price, volume, age) in enumerate(said)]
    found = aggregate(quotes, POLICY, NOW)
    assert len(found.used) + len(found.rejected) == len(quotes)
    if found.price is not None:
        close = [one for one in quotes if abs(one.price - found.price) <= found.price * 5 / 100]
        assert len(close) >= POLICY.quorum
        assert all(-POLICY.max_ahead_s <= NOW - one.observed_at <= POLICY.max_age_s for one in found.used)
