"""The life of an intent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transactions.states import FINAL, IN_FLIGHT, NEXT, UNMINED, IllegalTransition, IntentStatus, moved


def test_every_status_says_what_may_follow_it() -> None:
    assert set(NEXT) == set(IntentStatus)


def test_a_final_status_is_never_left() -> None:
    assert {status for status in IntentStatus if not NEXT[status]} == set(FINAL)


def test_invariant_7_once_signed_an_intent_is_never_dropped() -> None:
    """Nothing but a used nonce ends it, or the nonce would be left behind and no later one could be mined."""
    for status in UNMINED:
        assert not NEXT[status] & {IntentStatus.QUEUED, IntentStatus.CANCELLED}


def test_a_mined_intent_goes_back_when_a_reorg_takes_its_block() -> None:
    assert moved("mined", IntentStatus.BROADCAST) == "broadcast"


def test_a_step_that_is_not_allowed_is_named() -> None:
    with pytest.raises(IllegalTransition, match="an intent that is finalized can't become broadcast"):
        moved("finalized", IntentStatus.BROADCAST)


@given(st.lists(st.sampled_from(IntentStatus), max_size=30))
def test_any_path_of_allowed_steps_ends_in_a_final_status_or_is_still_queued_or_in_flight(
    steps: list[IntentStatus],
) -> None:
    status: str = IntentStatus.QUEUED.value
    for step in steps:
        try:
            status = moved(status, step)
        except IllegalTransition:
            assert step not in NEXT[IntentStatus(status)]
    assert status in FINAL | IN_FLIGHT | {IntentStatus.QUEUED}
