"""When a firing that is called for gets a trigger: once, and again only after the last one failed for good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.triggers.states import LIVE, TriggerStatus
from orchestrator.triggers.store import RetryPolicy, Standing, next_generation

POLICY = RetryPolicy(first_pause_s=2, longest_pause_s=60, skipped_pause_s=20, alert_after=3)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ended(status: TriggerStatus, *, ago_s: float, failures: int, generation: int = 0) -> Standing:
    return Standing(generation, status, NOW - timedelta(seconds=ago_s), failures, None)


def test_the_first_trigger_of_a_key_is_generation_zero() -> None:
    assert next_generation(None, POLICY, NOW) == 0


@pytest.mark.parametrize("status", sorted(LIVE))
def test_invariant_6_while_one_is_live_there_is_no_other(status: TriggerStatus) -> None:
    assert next_generation(Standing(0, status, None, 0, None), POLICY, NOW) is None


def test_what_is_done_is_done_even_if_the_mirror_does_not_show_it_yet() -> None:
    assert next_generation(ended(TriggerStatus.DONE, ago_s=10**6, failures=0), POLICY, NOW) is None


@pytest.mark.parametrize(
    ("failures", "pause_s"), [(0, 2), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (60, 60), (10_000, 60)]
)
def test_each_failure_doubles_the_pause_up_to_a_bound(failures: int, pause_s: int) -> None:
    early = ended(TriggerStatus.FAILED, ago_s=pause_s - 0.1, failures=failures, generation=4)
    late = ended(TriggerStatus.FAILED, ago_s=pause_s, failures=failures, generation=4)
    assert next_generation(early, POLICY, NOW) is None
    assert next_generation(late, POLICY, NOW) == 5


def test_what_was_merely_no_longer_wanted_counts_as_no_failure() -> None:
    assert next_generation(ended(TriggerStatus.SUPERSEDED, ago_s=2, failures=0, generation=99), POLICY, NOW) == 100


@pytest.mark.parametrize("failures", [0, 7])
def test_what_its_fee_does_not_pay_for_waits_the_same_each_time(failures: int) -> None:
    """Or each block would leave a trigger behind while gas is dear."""
    early = ended(TriggerStatus.SKIPPED, ago_s=19.9, failures=failures, generation=4)
    late = ended(TriggerStatus.SKIPPED, ago_s=20, failures=failures, generation=4)
    assert next_generation(early, POLICY, NOW) is None
    assert next_generation(late, POLICY, NOW) == 5


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_failures_never_make_the_pause_shorter(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    assert POLICY.pause(TriggerStatus.FAILED, fewer) <= POLICY.pause(TriggerStatus.FAILED, more)
