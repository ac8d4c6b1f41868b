"""When a round is due and who leads."""

import pytest
from eth_utils.address import to_checksum_address

from oracles.reporting.feed import FeedState
from oracles.reporting.schedule import ReportPolicy, leader_at, why_due

POLICY = ReportPolicy(heartbeat_s=3_600, deviation_bps=50, interval_s=30)
ADDRESSES = [to_checksum_address("0x" + f"{i:02x}" * 20) for i in (1, 2, 3)]


def state(answer: int = 200_000, age_s: int = 10) -> FeedState:
    return FeedState(7, answer, 1_000, 1_000 + age_s)


@pytest.mark.parametrize(
    ("answer", "due"), [(200_000, False), (200_999, False), (201_000, True), (199_001, False), (199_000, True)]
)
def test_a_move_of_the_threshold_or_more_is_due(answer: int, due: bool) -> None:
    assert (why_due(state(), answer, POLICY) is not None) is due


@pytest.mark.parametrize(("age_s", "due"), [(3_599, False), (3_600, True)])
def test_the_heartbeat_is_due_in_its_second(age_s: int, due: bool) -> None:
    assert (why_due(state(age_s=age_s), 200_000, POLICY) is not None) is due


def test_the_first_round_is_due_at_once_and_a_move_from_zero_or_below_counts() -> None:
    assert why_due(FeedState(0, 0, 0, 5), 1, POLICY) == "the feed has no round yet"
    assert why_due(state(answer=0), 1, POLICY) is not None
    assert why_due(state(answer=-100), -101, POLICY) is not None
    assert why_due(state(answer=0), 0, POLICY) is None


def test_each_leads_for_an_interval_in_turn() -> None:
    leaders = [leader_at(ADDRESSES, second, 30) for second in (0, 29, 30, 60, 89.9, 90)]
    assert [ADDRESSES.index(leader) for leader in leaders] == [0, 0, 1, 2, 2, 0]


@pytest.mark.parametrize("wrong", [(0, 50, 30), (3_600, -1, 30), (3_600, 10_000, 30), (3_600, 50, 0)])
def test_a_policy_that_makes_no_sense_is_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        ReportPolicy(*wrong)
