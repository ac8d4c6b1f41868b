"""What a borrower may sign, and how a mandate's periods run."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.errors import BadMandate
from orchestrator.credit.mandate import (
    NO_FEED,
    From,
    Kind,
    Mandate,
    cap_left,
    in_period,
    open_from,
    period_at,
)
from orchestrator.credit.units import HOUR, UINT96_MAX, Timestamp, Wei
from tests.unit.credit.lines import DAY, OPENED_AT, usdc
from tests.unit.credit.mandates import (
    DUE,
    FEED,
    LEVEL,
    LTV,
    REGISTERED,
    SHARE,
)


@pytest.mark.parametrize(
    ("mandate", "field", "value", "says"),
    [
        (DUE, "fee_bps", 101, "between 0 and 100"),
        (DUE, "period_hours", 0, "between 1 and 65535"),
        (DUE, "period_hours", 65_536, "between 1 and 65535"),
        (DUE, "cap_per_period", 0, "between 1 and"),
        (DUE, "cap_per_period", UINT96_MAX + 1, "between 1 and"),
        (DUE, "threshold_bps", 1, "must be zero"),
        (DUE, "share_bps", 1, "must be zero"),
        (DUE, "amount", 1, "must be zero"),
        (DUE, "feed", FEED, "must be zero"),
        (DUE, "above", True, "neither level nor direction"),
        (DUE, "level", -1, "neither level nor direction"),
        (LTV, "threshold_bps", 0, "between 1 and 65535"),
        (LEVEL, "amount", 0, "between 1 and"),
        (LEVEL, "feed", NO_FEED, "between 1 and"),
        (SHARE, "share_bps", 0, "between 1 and 10000"),
        (SHARE, "share_bps", 10_001, "between 1 and 10000"),
        (SHARE, "feed", NO_FEED, "between 1 and"),
        (SHARE, "level", 1, "neither level nor direction"),
    ],
)
def test_a_field_out_of_range_or_without_use_is_refused_and_named(
    mandate: Mandate, field: str, value: object, says: str
) -> None:
    change: dict[str, Any] = {field: value}
    with pytest.raises(BadMandate) as refusal:
        replace(mandate, **change)
    assert says in str(refusal.value)


def test_a_level_may_be_negative_and_from_either_side() -> None:
    assert replace(LEVEL, level=-5, above=True).level == -5


@given(st.integers(0, 10**6), st.integers(1, 2_000))
def test_periods_run_from_the_registration(elapsed_hours: int, period_hours: int) -> None:
    mandate = replace(DUE, period_hours=period_hours)
    now = Timestamp(OPENED_AT + elapsed_hours * HOUR)
    assert period_at(mandate, REGISTERED, now) == elapsed_hours // period_hours
    if elapsed_hours:
        assert period_at(mandate, REGISTERED, Timestamp(now - 1)) == (elapsed_hours * HOUR - 1) // (period_hours * HOUR)


def test_a_new_period_starts_open_with_nothing_spent() -> None:
    spent = replace(REGISTERED, spent=usdc(200), closed=True, fires=3)
    assert in_period(DUE, spent, Timestamp(OPENED_AT + 30 * DAY - 1)) == spent
    assert in_period(DUE, spent, Timestamp(OPENED_AT + 30 * DAY)) == replace(REGISTERED, period=1, fires=3)


def test_the_cap_is_what_the_period_has_left() -> None:
    spent = replace(REGISTERED, spent=usdc(200))
    assert cap_left(DUE, spent, OPENED_AT) == usdc(300)
    assert cap_left(DUE, spent, Timestamp(OPENED_AT + 30 * DAY)) == usdc(500)
    assert cap_left(DUE, replace(spent, spent=Wei(usdc(500) + 1)), OPENED_AT) == 0


def test_a_closed_period_opens_again_with_the_next() -> None:
    closed = replace(REGISTERED, closed=True)
    assert open_from(DUE, REGISTERED, OPENED_AT) == OPENED_AT
    assert open_from(DUE, closed, OPENED_AT) == OPENED_AT + 30 * DAY
    assert open_from(DUE, closed, Timestamp(OPENED_AT + 31 * DAY)) == OPENED_AT + 31 * DAY


def test_a_mandate_that_is_over_never_opens_again() -> None:
    """Pitfall 5."""
    assert open_from(DUE, replace(REGISTERED, revoked=True), OPENED_AT) is None
    assert open_from(DUE, REGISTERED, DUE.expiry) == DUE.expiry
    assert open_from(DUE, REGISTERED, Timestamp(DUE.expiry + 1)) is None
    last_period = Timestamp(OPENED_AT + 395 * DAY)
    assert open_from(DUE, replace(REGISTERED, period=13, closed=True), last_period) is None


def test_numbers_are_those_of_the_contract() -> None:
    """``enum Kind`` and ``enum From`` of ``IRepayTrigger``."""
    assert {kind.name: kind.value for kind in Kind} == {"DUE": 0, "LTV": 1, "LEVEL": 2, "SHARE": 3}
    assert {source.name: source.value for source in From} == {"RESERVE": 0, "COLLATERAL": 1, "TOP_UP": 2}
