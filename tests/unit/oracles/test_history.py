"""Judging every round of a feed's past, in the real file and in a generated one with the same defects."""

import csv
from collections.abc import Sequence
from itertools import pairwise

import pytest

from oracles.health import FeedPolicy, FeedStatus
from oracles.history import count_by_status, judge_each
from oracles.rounds import Round, parse_rounds
from tests.unit.oracles.eth_usd import LATE_GAPS, LONGEST_GAP_S, REAL_ROUNDS, ROWS, generated_csv

HOURLY = FeedPolicy(heartbeat_s=3_600, frozen_after=5)


def real_csv() -> list[str]:
    if not REAL_ROUNDS.exists():
        pytest.skip(f"{REAL_ROUNDS} is absent; a generated file with the same defects is judged all the same")
    return REAL_ROUNDS.read_text(encoding="utf-8").splitlines()


@pytest.fixture(params=["generated", "real"])
def lines(request: pytest.FixtureRequest) -> Sequence[str]:
    return real_csv() if request.param == "real" else generated_csv(seed=36)


def test_pitfall_36_of_all_rows_the_zero_one_alone_is_refused(lines: Sequence[str]) -> None:
    """Pitfall 36: a round with answer 0 and updatedAt 0 exists in real data, and is never believed."""
    file = parse_rounds(lines, "rounds.csv", skip_refused=True)
    assert len(file.rounds) + len(file.refused) == ROWS
    (refused,) = file.refused
    assert refused.line == len(lines)
    assert "never completed" in refused.reason


def test_pitfall_37_gaps_beyond_the_heartbeat_are_late_and_none_is_stale_with_the_default_margin(
    lines: Sequence[str],
) -> None:
    """Pitfall 37: heartbeat gaps are longer than the heartbeat; the margin of 300 s covers the longest of them."""
    past = list(judge_each(parse_rounds(lines, "rounds.csv", skip_refused=True).rounds, HOURLY))
    counts = count_by_status(past)
    assert counts[FeedStatus.LATE] == LATE_GAPS
    assert counts[FeedStatus.FRESH] == ROWS - 1 - LATE_GAPS
    assert sum(counts.values()) == ROWS - 1
    assert max(one.newest_for_s or 0 for one in past) == LONGEST_GAP_S


def test_without_a_margin_the_same_gaps_would_be_stale(lines: Sequence[str]) -> None:
    policy = FeedPolicy(heartbeat_s=3_600, margin_s=0)
    counts = count_by_status(judge_each(parse_rounds(lines, "rounds.csv", skip_refused=True).rounds, policy))
    assert counts[FeedStatus.STALE] == LATE_GAPS


def test_answers_and_times_are_those_of_the_file_to_the_last_digit(lines: Sequence[str]) -> None:
    rounds = parse_rounds(lines, "rounds.csv", skip_refused=True).rounds
    rows = [row for row in csv.DictReader(lines) if int(row["update"])]
    said = [(int(row["round"]), int(row["answer"]), int(row["update"])) for row in reversed(rows)]
    assert [(one.round_id, one.answer, one.updated_at) for one in rounds] == said


def test_the_last_round_is_judged_in_its_own_second() -> None:
    (only,) = judge_each([Round(1, 5, 100)], HOURLY)
    assert only.newest_for_s is None
    assert only.judgement.status is FeedStatus.FRESH
    assert list(judge_each([], HOURLY)) == []


def test_a_feed_that_goes_on_repeating_itself_is_told_as_frozen_from_the_fifth_answer_on() -> None:
    rounds = [Round(number, 7, number * 60) for number in range(1, 8)]
    statuses = [one.judgement.status for one in judge_each(rounds, HOURLY)]
    assert statuses == [FeedStatus.FRESH] * 4 + [FeedStatus.FROZEN] * 3


def test_a_jump_and_the_silence_after_it_are_told_of_the_rounds_they_belong_to() -> None:
    rounds = [Round(1, 100, 0 + 60), Round(2, 50, 120), Round(3, 51, 10_000), Round(4, 51, 10_060)]
    assert [one.judgement.status for one in judge_each(rounds, HOURLY)] == [
        FeedStatus.FRESH,
        FeedStatus.STALE,
        FeedStatus.FRESH,
        FeedStatus.FRESH,
    ]


def test_the_generated_file_is_the_same_for_one_seed_and_has_every_defect_of_the_real_one() -> None:
    rows = list(csv.DictReader(generated_csv(seed=36)))
    assert generated_csv(seed=36) == generated_csv(seed=36)
    assert generated_csv(seed=36) != generated_csv(seed=37)
    assert len(rows) == ROWS
    assert rows[-1]["answer"] == rows[-1]["update"] == "0"
    updates = [int(row["update"]) for row in rows[:-1]]
    assert 0 in {newer - older for newer, older in pairwise(updates)}
