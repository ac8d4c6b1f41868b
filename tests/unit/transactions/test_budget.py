"""Periods of a budget follow one another without a gap."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transactions.budget import period_at

MOMENTS = st.integers(1_577_836_800, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(MOMENTS, st.integers(3_600, 8_760 * 3_600))
def test_a_moment_lies_in_one_period_and_its_end_begins_the_next(now: datetime, period_s: int) -> None:
    began_at, refills_at = period_at(now, period_s)
    assert began_at <= now < refills_at
    assert refills_at - began_at == timedelta(seconds=period_s)
    assert period_at(refills_at, period_s)[0] == refills_at


def test_a_day_begins_at_midnight() -> None:
    began_at, _ = period_at(datetime(2026, 3, 1, 13, 5, tzinfo=UTC), 86_400)
    assert began_at == datetime(2026, 3, 1, tzinfo=UTC)
