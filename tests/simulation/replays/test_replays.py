"""Samples of the replays; ``make deep-replays`` plays whole files over 200 lines."""

from random import Random

import pytest

from tests.integration.triggers.ground import Service
from tests.simulation.replays.replay import open_book, replay
from tests.simulation.replays.rounds import FileRound, generated, march_2020

LINES = 12
CRASH = slice(90, 130)
"""12 and 13 March, from 195 dollars to 87 and back."""


def with_defects(seed: int) -> list[FileRound]:
    """The first rounds of the generated file, which begin with one that is all zero, and more of those in between."""
    rounds = list(generated(seed)[:24])
    return [*rounds, FileRound(0, 0), FileRound(0, rounds[-1].updated_at + 60), *generated(seed)[24:30]]


async def test_over_rounds_with_defects_what_fires_is_what_brute_force_says(service: Service) -> None:
    """Pitfall 36: a round that is all zero fires nothing that the contract would not fire."""
    rounds = with_defects(seed=3)
    book = await open_book(service, LINES, Random(3), rounds[1].answer)
    played = await replay(service, book, rounds)
    assert played.rounds == len(rounds)
    assert played.fired > 0, played


async def test_through_the_crash_of_march_2020_what_fires_is_what_brute_force_says(service: Service) -> None:
    hours = march_2020()
    if hours is None:
        pytest.skip("the hours of March 2020 are not beside the repository")
    book = await open_book(service, LINES, Random(2020), hours[CRASH][0].answer)
    played = await replay(service, book, hours[CRASH])
    assert len(played.kinds) >= 3, played
