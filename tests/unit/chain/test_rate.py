"""The rate that a provider takes, learned from what it refuses."""

from dataclasses import dataclass

import pytest

from orchestrator.chain.rate import GROWTH_CALLS_PER_S, ONE_REFUSAL_S, SLOWEST_CALLS_PER_S, LearnedRate


@dataclass
class Clock:
    """Time as the test lets it pass."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rate(clock: Clock) -> LearnedRate:
    return LearnedRate(clock)


def refused_at_200_a_second(rate: LearnedRate, clock: Clock) -> None:
    for _ in range(10):
        rate.delay_s(20)
        clock.seconds += 0.1
    rate.refused()


def test_who_refuses_nothing_is_not_held_back(rate: LearnedRate) -> None:
    assert [rate.delay_s(100) for _ in range(50)] == [0.0] * 50


def test_the_first_refusal_halves_what_went_out_in_the_last_second(rate: LearnedRate, clock: Clock) -> None:
    refused_at_200_a_second(rate, clock)
    assert rate.calls_per_s == pytest.approx(100, rel=0.1)


def test_calls_queue_at_the_rate(rate: LearnedRate, clock: Clock) -> None:
    refused_at_200_a_second(rate, clock)
    assert rate.calls_per_s is not None
    waits = [rate.delay_s(10) for _ in range(4)]
    apart = 10 / rate.calls_per_s
    assert waits == pytest.approx([0, apart, 2 * apart, 3 * apart])


def test_it_grows_by_a_step_a_second_however_many_answers_there_are(rate: LearnedRate, clock: Clock) -> None:
    refused_at_200_a_second(rate, clock)
    before = rate.calls_per_s or 0
    for _ in range(100):
        clock.seconds += 0.1
        rate.answered()
    assert rate.calls_per_s == pytest.approx(before + 10 * GROWTH_CALLS_PER_S)


def test_refusals_of_what_was_sent_together_count_once(rate: LearnedRate, clock: Clock) -> None:
    refused_at_200_a_second(rate, clock)
    before = rate.calls_per_s
    for _ in range(5):
        rate.refused()
    assert rate.calls_per_s == before
    clock.seconds += ONE_REFUSAL_S
    rate.refused()
    assert rate.calls_per_s == pytest.approx((before or 0) / 2)


def test_it_never_falls_to_nothing(rate: LearnedRate, clock: Clock) -> None:
    for _ in range(30):
        clock.seconds += 2 * ONE_REFUSAL_S
        rate.refused()
    assert rate.calls_per_s == SLOWEST_CALLS_PER_S


def test_the_provider_may_say_when_it_wants_to_be_asked_again(rate: LearnedRate) -> None:
    rate.refused(retry_after_s=7)
    assert rate.delay_s(1) == pytest.approx(7)
