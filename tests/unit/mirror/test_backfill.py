"""How many blocks to ask for at once: learned from what comes back."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.mirror.backfill import RangeSize


def test_a_range_grows_by_a_step_up_to_the_largest() -> None:
    size = RangeSize(blocks=200, step=100, largest=350)
    for expected in (300, 350, 350):
        size.answered(size.blocks, logs=0)
        assert size.blocks == expected


def test_a_refused_range_is_halved_down_to_one_block() -> None:
    size = RangeSize(blocks=5)
    assert [(size.refused(), size.blocks) for _ in range(4)] == [(True, 2), (True, 1), (False, 1), (False, 1)]


def test_a_range_with_too_many_logs_shrinks_to_what_would_have_had_enough() -> None:
    size = RangeSize(blocks=1_000, aim=5_000)
    size.answered(1_000, logs=20_000)
    assert size.blocks == 250


def test_a_range_that_was_asked_for_before_the_size_changed_says_what_its_own_size_was_worth() -> None:
    size = RangeSize(blocks=250, step=50, aim=5_000)
    size.answered(1_000, logs=20_000)
    assert size.blocks == 250


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=60))
def test_whatever_happened_it_recovers(outcomes: list[int | None]) -> None:
    """Pitfall 27: a range cut in half grows again."""
    size = RangeSize()
    for logs in outcomes:
        if logs is None:
            size.refused()
        else:
            size.answered(size.blocks, logs)
        assert 1 <= size.blocks <= size.largest
    for _ in range(40):
        size.answered(size.blocks, logs=10)
    assert size.blocks == size.largest
