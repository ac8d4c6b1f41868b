"""The simulated market: moves that a seed decides, and deals that the rules accept."""

from itertools import pairwise
from random import Random

import pytest

from orchestrator.credit.units import PRICE_SCALE, PriceE36, Timestamp, Wei
from scripts.local.market import CALM_ANSWER, SHOCK_HIGH, SHOCK_LOW, next_answer, random_deal
from scripts.local.terms import USDC, WETH, Parties

PARTIES = Parties(*(f"0x{digit * 40}" for digit in "12345"))
PRICE = PriceE36(195 * USDC * PRICE_SCALE // WETH)


def walk(seed: int, rounds: int, start: int = CALM_ANSWER) -> list[int]:
    random, answers = Random(seed), [start]
    for _ in range(rounds):
        answers.append(next_answer(random, answers[-1]))
    return answers


def test_the_seed_decides_the_walk() -> None:
    assert walk(1, 100) == walk(1, 100)
    assert walk(1, 100) != walk(2, 100)


def test_no_step_is_larger_than_a_shock() -> None:
    answers = walk(7, 5_000)
    moves = [after / before - 1 for before, after in pairwise(answers)]
    assert min(moves) > SHOCK_LOW - 0.03
    assert max(moves) < SHOCK_HIGH + 0.03


def test_there_are_shocks() -> None:
    answers = walk(7, 500)
    assert min(after / before for before, after in pairwise(answers)) < 0.92


@pytest.mark.parametrize("start", [10**8, CALM_ANSWER // 20, 20 * CALM_ANSWER])
def test_the_walk_comes_back_and_stays_a_price(start: int) -> None:
    answers = walk(3, 3_000, start)
    assert min(answers) >= 10**8
    assert CALM_ANSWER / 3 < sum(answers[-500:]) / 500 < CALM_ANSWER * 3


@pytest.mark.parametrize("seed", range(50))
def test_every_deal_is_within_the_rules(seed: int) -> None:
    deal = random_deal(Random(seed))
    offer = deal.offer(PARTIES, PRICE, Timestamp(1_000), group=5)
    offer.terms(Timestamp(1_000), Wei(1_000 * USDC))
    assert deal.drawn * 10_000 <= 5_000 * (offer.min_collateral * PRICE // PRICE_SCALE)
    assert {mandate.nonce for mandate in deal.mandates(4, Timestamp(1_000))} == {12, 13, 14}
    assert all(mandate.cap_per_period > 0 for mandate in deal.mandates(4, Timestamp(1_000)))
