"""Judging a feed: fresh, late, stale, jumped, frozen, out of bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.health import FeedPolicy, FeedStatus, judge, judge_age, judge_jump, rounds_needed
from oracles.rounds import Round

HOURLY = FeedPolicy(heartbeat_s=3_600)
NOW = 1_700_000_000


def ending(*answers: int, age_s: int = 10) -> list[Round]:
    """Rounds a minute apart, the newest `age_s` old."""
    last = len(answers) - 1
    return [Round(i + 1, answer, NOW - age_s - 60 * (last - i)) for i, answer in enumerate(answers)]


@pytest.mark.parametrize(
    ("age_s", "status"),
    [
        (0, FeedStatus.FRESH),
        (3_600, FeedStatus.FRESH),
        (3_601, FeedStatus.LATE),
        (3_900, FeedStatus.LATE),
        (3_901, FeedStatus.STALE),
        (-1, FeedStatus.OUT_OF_BOUNDS),
    ],
)
def test_an_answer_is_fresh_within_the_heartbeat_late_within_the_margin_and_stale_after(
    age_s: int, status: FeedStatus
) -> None:
    judged = judge(ending(2_000, age_s=age_s), HOURLY, NOW)
    assert judged.status is status
    assert judged.age_s == age_s


def test_a_feed_without_rounds_is_unknown() -> None:
    assert judge([], HOURLY, NOW).status is FeedStatus.UNKNOWN


@pytest.mark.parametrize(
    ("newest", "status"),
    [
        (Round(2, 0, NOW), FeedStatus.OUT_OF_BOUNDS),
        (Round(2, -5, NOW), FeedStatus.OUT_OF_BOUNDS),
        (Round(2, 2_000, 0), FeedStatus.STALE),
        (Round(2, 0, 0), FeedStatus.STALE),
    ],
)
def test_pitfall_36_a_zero_answer_or_a_zero_time_is_never_believed(newest: Round, status: FeedStatus) -> None:
    judged = judge([Round(1, 2_000, NOW - 60), newest], HOURLY, NOW)
    assert judged.status is status
    assert "round 2 is refused" in judged.reason


def test_a_move_of_exactly_the_bound_is_no_jump_and_one_more_is() -> None:
    policy = FeedPolicy(heartbeat_s=3_600, max_jump_bps=1_000)
    assert judge(ending(1_000, 900), policy, NOW).status is FeedStatus.FRESH
    assert judge(ending(1_000, 1_100), policy, NOW).status is FeedStatus.FRESH
    jumped = judge(ending(1_000, 899), policy, NOW)
    assert jumped.status is FeedStatus.JUMPED
    assert "moved 1010 bps from 1000 to 899" in jumped.reason


def test_a_refused_round_in_between_does_not_hide_a_jump() -> None:
    rounds = [Round(1, 1_000, NOW - 20), Round(2, 0, NOW - 10), Round(3, 500, NOW)]
    assert judge(rounds, HOURLY, NOW).status is FeedStatus.JUMPED


def test_a_feed_that_jumped_and_then_fell_silent_is_stale() -> None:
    assert judge(ending(1_000, 500, age_s=10_000), HOURLY, NOW).status is FeedStatus.STALE


def test_answers_outside_the_bounds_are_told() -> None:
    policy = FeedPolicy(heartbeat_s=3_600, min_answer=100, max_answer=200)
    assert judge(ending(100), policy, NOW).status is FeedStatus.FRESH
    assert judge(ending(200), policy, NOW).status is FeedStatus.FRESH
    assert judge(ending(99), policy, NOW).status is FeedStatus.OUT_OF_BOUNDS
    assert judge(ending(201), policy, NOW).status is FeedStatus.OUT_OF_BOUNDS


def test_a_feed_that_repeats_its_answer_is_frozen_only_when_its_policy_says_so() -> None:
    policy = FeedPolicy(heartbeat_s=3_600, frozen_after=3)
    assert rounds_needed(policy) == 3
    assert judge(ending(7, 7, 7), policy, NOW).status is FeedStatus.FROZEN
    assert judge(ending(8, 7, 7), policy, NOW).status is not FeedStatus.FROZEN
    assert judge(ending(7, 7), policy, NOW).status is FeedStatus.FRESH
    assert judge(ending(7, 7, 7), HOURLY, NOW).status is FeedStatus.FRESH


@pytest.mark.parametrize("answers", [(-55_000_000,), (0,), (5, -5), (0, 400), (100, 100_000)])
def test_a_fact_that_is_no_price_may_be_zero_or_below_and_move_as_it_likes(answers: tuple[int, ...]) -> None:
    assert judge(ending(*answers), FeedPolicy.of_fact(3_600), NOW).status is FeedStatus.FRESH


@pytest.mark.parametrize(("age_s", "status"), [(3_601, FeedStatus.LATE), (3_901, FeedStatus.STALE)])
def test_a_fact_that_is_no_price_is_late_and_stale_as_any_feed(age_s: int, status: FeedStatus) -> None:
    assert judge(ending(-5, age_s=age_s), FeedPolicy.of_fact(3_600), NOW).status is status


def test_pitfall_36_a_fact_of_a_round_that_was_never_completed_is_not_believed_either() -> None:
    judged = judge([Round(1, 5, NOW - 60), Round(2, 0, 0)], FeedPolicy.of_fact(3_600), NOW)
    assert judged.status is FeedStatus.STALE
    assert "never completed" in judged.reason


@pytest.mark.parametrize(
    "arguments",
    [
        {"heartbeat_s": 0},
        {"heartbeat_s": 1, "margin_s": -1},
        {"heartbeat_s": 1, "max_jump_bps": 0},
        {"heartbeat_s": 1, "min_answer": 0},
        {"heartbeat_s": 1, "min_answer": 5, "max_answer": 4},
        {"heartbeat_s": 1, "frozen_after": 1},
        {"heartbeat_s": 1, "min_answer": None},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(arguments: dict[str, int | None]) -> None:
    with pytest.raises(ValueError):
        FeedPolicy(**arguments)  # type: ignore[arg-type]


@given(st.integers(1, 2**90), st.integers(1, 2**90), st.integers(1, 100_000))
def test_a_jump_is_told_exactly_when_the_move_is_larger_than_its_bound(
    before: int, after: int, max_jump_bps: int
) -> None:
    policy = FeedPolicy(heartbeat_s=60, max_jump_bps=max_jump_bps)
    status, _ = judge_jump(Round(1, before, NOW), Round(2, after, NOW), policy)
    largest = before * max_jump_bps // 10_000
    assert (status is FeedStatus.JUMPED) is (abs(after - before) > largest)


@given(st.integers(0, 10**6), st.integers(1, 10**5), st.integers(0, 10**4))
def test_a_feed_only_gets_worse_as_it_ages(age_s: int, heartbeat_s: int, margin_s: int) -> None:
    policy = FeedPolicy(heartbeat_s=heartbeat_s, margin_s=margin_s)
    order = list(FeedStatus)
    assert order.index(judge_age(age_s, policy)[0]) <= order.index(judge_age(age_s + 1, policy)[0])
