"""One answer out of several sources: one that lies changes nothing, two give no answer."""

from decimal import Decimal
from itertools import combinations

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
    assert "135.47 is 2293 bps from 110.20, the nearest of the 3 that agree" in rejected.reason


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


def test_of_two_groups_as_large_the_one_that_is_closer_together_is_used() -> None:
    found = of(quote("a", "100.00"), quote("b", "100.30"), quote("c", "100.40"), quote("d", "100.60"))
    assert found.price == Decimal("100.40")
    assert found.rejected == (Rejected("a", "100.00 is 30 bps from 100.30, the nearest of the 3 that agree"),)


def test_four_sources_of_which_no_three_agree_give_no_answer() -> None:
    found = of(quote("a", "110.00"), quote("b", "110.10"), quote("c", "110.60"), quote("d", "110.70"))
    assert found.price is None
    assert [one.source for one in found.used] == ["c", "d"]


def test_a_source_that_failed_is_kept_with_its_reason() -> None:
    gone = Rejected("d", "answered 503 (3 attempts)")
    assert of(*HONEST, failed=(gone,)).rejected == (gone,)


def test_two_faulty_sources_of_four_give_no_answer() -> None:
    found = of(*HONEST[:2], quote("c", "135"), quote("d", "135"))
    assert found.price is None
    assert "2 sources agree: a: 110.00 is 2272 bps from 135, the nearest of the 2 that agree" in found.why_not
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


@pytest.mark.parametrize("wrong", [{"quorum": 0}, {"max_age_s": -1}, {"max_spread_bps": 10_000}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        AggregatePolicy(**wrong)


positive = st.integers(1, 10**9).map(lambda units: Decimal(units) / 10_000)
near = st.integers(-24, 24).map(lambda bps: Decimal(200) * (10_000 + bps) / 10_000)
"""What honest sources say: no two further apart than the policy allows."""
about = st.integers(-120, 120).map(lambda bps: Decimal(200) * (10_000 + bps) / 10_000)
"""What faulty ones say who don't want to be noticed."""
ages = st.integers(-200, 400)
any_price = st.integers(-10, 10**9).map(Decimal) | about
any_volume = st.none() | positive | st.just(Decimal(0))


@given(
    st.lists(st.tuples(near, positive), min_size=2, max_size=6),
    st.none() | st.tuples(any_price, any_volume, ages),
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
    st.lists(st.tuples(near, any_volume), min_size=1, max_size=4),
    st.lists(st.tuples(any_price, any_volume, ages), max_size=2),
)
def test_two_faulty_sources_stop_the_answer_or_move_it_by_no_more_than_sources_that_agree_are_apart(
    honest: list[tuple[Decimal, Decimal | None]], faulty: list[tuple[Decimal, Decimal | None, int]]
) -> None:
    """However they conspire: of a quorum of three, one is honest."""
    quotes = [Quote(f"honest-{i}", price, volume, NOW) for i, (price, volume) in enumerate(honest)]
    quotes += [Quote(f"faulty-{i}", price, volume, NOW - age) for i, (price, volume, age) in enumerate(faulty)]
    found = aggregate(quotes, POLICY, NOW)
    if found.price is not None:
        assert any(within_spread(found.price, price) for price, _ in honest)


@given(st.lists(st.tuples(about | positive, st.none() | positive), max_size=7))
def test_there_is_an_answer_if_and_only_if_a_quorum_of_sources_agrees(
    said: list[tuple[Decimal, Decimal | None]],
) -> None:
    """By every combination of them: with four sources and no three that agree there is none."""
    quotes = [Quote(str(i), price, volume, NOW) for i, (price, volume) in enumerate(said)]
    quorums = combinations([price for price, _ in said], POLICY.quorum)
    found = aggregate(quotes, POLICY, NOW)
    assert (found.price is not None) == any(within_spread(min(some), max(some)) for some in quorums)


@given(st.lists(st.tuples(any_price, any_volume, ages), max_size=7))
def test_whatever_sources_say_those_used_agree_and_everything_else_has_a_reason(
    said: list[tuple[Decimal, Decimal | None, int]],
) -> None:
    quotes = [Quote(str(i), price, volume, NOW - age) for i, (price, volume, age) in enumerate(said)]
    found = aggregate(quotes, POLICY, NOW)
    assert {one.source for one in found.used} | {one.source for one in found.rejected} == {q.source for q in quotes}
    assert len(found.used) + len(found.rejected) == len(quotes)
    assert all(within_spread(one.price, other.price) for one in found.used for other in found.used)
    assert all(-POLICY.max_ahead_s <= NOW - one.observed_at <= POLICY.max_age_s for one in found.used)
    if found.price is not None:
        assert found.price in {one.price for one in found.used}


def within_spread(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) * 10_000 <= POLICY.max_spread_bps * min(one, other)
