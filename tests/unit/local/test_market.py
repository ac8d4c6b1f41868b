"""The price of the simulated market."""

import random

from hypothesis import given
from hypothesis import strategies as st

from scripts.local.market import Wandering

ANCHOR = 19_490_000_000


@given(answer=st.integers(1, 10**14), seed=st.integers(0, 2**32))
def test_an_answer_is_always_positive(answer: int, seed: int) -> None:
    assert Wandering(ANCHOR, deviation_bps=9_000).next_answer(answer, random.Random(seed)) > 0


@given(answer=st.integers(1, 10**14), seed=st.integers(0, 2**32))
def test_one_step_is_small(answer: int, seed: int) -> None:
    after = Wandering(answer).next_answer(answer, random.Random(seed))
    assert abs(after - answer) <= answer * 25 * 8 // 10_000 + 1


@given(seed=st.integers(0, 2**32))
def test_a_price_far_from_the_anchor_comes_back(seed: int) -> None:
    market, chance = Wandering(ANCHOR), random.Random(seed)
    answer = ANCHOR // 3
    for _ in range(2_000):
        answer = market.next_answer(answer, chance)
    assert ANCHOR * 7 // 10 < answer < ANCHOR * 13 // 10


def test_the_same_chance_gives_the_same_prices() -> None:
    market = Wandering(ANCHOR)
    assert market.next_answer(ANCHOR, random.Random(7)) == market.next_answer(ANCHOR, random.Random(7))
