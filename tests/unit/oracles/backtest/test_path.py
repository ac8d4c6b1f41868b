"""Searching a price history by price and by time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.backtest.path import BLOCK, Decimals, PricePath
from oracles.rounds import Round

answers = st.lists(st.integers(1, 30), min_size=1, max_size=3 * BLOCK)


def path_of(found: list[int]) -> PricePath:
    return PricePath.of([Round(i, answer, 100 + i) for i, answer in enumerate(found)], Decimals(18, 18, 0))


@given(answers, st.integers(0, 31), st.data())
def test_the_first_round_at_or_below_a_price_is_found(found: list[int], answer: int, data: st.DataObject) -> None:
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(found)), st.integers(0, len(found)))))
    price = Decimals(18, 18, 0).price(answer)
    expected = next((i for i in range(start, stop) if found[i] <= answer), stop)
    assert min(stop, path_of(found).first_at_or_below(price, start, stop)) == expected


@given(answers, st.data())
def test_the_last_of_the_lowest_rounds_is_found(found: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(found) - 1))
    stop = data.draw(st.integers(start + 1, len(found)))
    lowest = min(found[start:stop])
    assert path_of(found).last_lowest(start, stop) == max(i for i in range(start, stop) if found[i] == lowest)


def test_of_two_rounds_in_one_second_the_last_counts() -> None:
    path = PricePath.of([Round(1, 5, 100), Round(2, 6, 100), Round(3, 7, 101)], Decimals(18, 18, 0))
    assert (path.times, [price // 10**36 for price in path.prices]) == ((100, 101), [6, 7])


def test_pitfall_14_a_price_is_that_of_one_base_unit_whatever_the_decimals() -> None:
    """Pitfall 14: decimals of feed and tokens are mixed nowhere: one scale of 1e36."""
    assert Decimals(loan=6, collateral=18, feed=8).price(2_000 * 10**8) == 2_000 * 10**6 * 10**36 // 10**18
    assert Decimals(loan=18, collateral=0, feed=18).price(10**18) == 10**18 * 10**36
    assert Decimals(loan=0, collateral=18, feed=18).price(1) == 1


@pytest.mark.parametrize("decimals", [(19, 0, 0), (0, -1, 0), (0, 0, 19)])
def test_decimals_that_no_adapter_takes_are_refused(decimals: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="between 0 and 18"):
        Decimals(*decimals)
