"""Mandates on a share of revenue."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.firing import WhyNot, evaluate
from orchestrator.credit.share import FeedReading, share_owed, share_paid
from orchestrator.credit.units import (
    BPS,
    Bps,
)
from tests.unit.credit.lines import (
    bps,
    usdc,
)
from tests.unit.credit.mandates import (
    LINE,
    REGISTERED,
    SHARE,
    moment,
)

MARKED = replace(REGISTERED, mark=1_000 * 10**8)


def revenue(whole: float) -> FeedReading:
    return FeedReading(round(whole * 10**8), 8)


def test_it_pays_its_share_of_what_came_in_since_the_mark() -> None:
    firing = evaluate(SHARE, MARKED, moment(feed=revenue(3_000)))
    assert firing.pays == usdc(200)
    assert firing.mandate_state.mark == 3_000 * 10**8
    assert firing.mandate_state.carry == 0


def test_what_is_not_paid_is_carried() -> None:
    poor = replace(LINE, reserve=usdc(50.25))
    firing = evaluate(SHARE, MARKED, moment(poor, feed=revenue(3_000)))
    assert firing.pays == usdc(50)
    assert not firing.mandate_state.closed
    refilled = moment(LINE, feed=revenue(3_000))
    assert evaluate(SHARE, firing.mandate_state, refilled).pays == usdc(150)


def test_nothing_is_owed_without_new_revenue() -> None:
    for answer in (1_000, 900):
        firing = evaluate(SHARE, MARKED, moment(feed=revenue(answer)))
        assert firing.why_not is WhyNot.NO_REVENUE


def test_a_feed_that_falls_and_recovers_counts_nothing_twice() -> None:
    owed = share_owed(SHARE, MARKED, revenue(900), 6)
    assert (owed.owed, owed.mark) == (0, MARKED.mark)


def test_it_pays_at_most_the_debt_and_keeps_the_rest() -> None:
    small = replace(LINE, principal=usdc(30))
    firing = evaluate(SHARE, MARKED, moment(small, feed=revenue(3_000)))
    assert firing.pays == usdc(30)
    assert firing.mandate_state.closed
    assert firing.mandate_state.carry == usdc(170) * BPS * 10**8


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=12), bps(1, BPS), st.sampled_from([0, 8, 18]))
def test_many_small_payments_equal_one(revenues: list[int], share_bps: Bps, decimals: int) -> None:
    """Pitfall 2: what is below a wei stays in the carry."""
    mandate = replace(SHARE, share_bps=share_bps)
    state, paid, answer = REGISTERED, 0, 0
    for revenue in revenues:
        answer += revenue
        feed = FeedReading(answer, decimals)
        owed = share_owed(mandate, state, feed, 6)
        state = replace(state, mark=owed.mark, carry=share_paid(owed, owed.owed, feed))
        paid += owed.owed
    assert paid == share_owed(mandate, REGISTERED, FeedReading(answer, decimals), 6).owed


def test_the_decimals_of_feed_and_token_do_not_matter() -> None:
    """Pitfall 14."""
    for decimals in (0, 6, 8, 18):
        feed = FeedReading(3_000 * 10**decimals, decimals)
        assert share_owed(SHARE, REGISTERED, feed, 18).owed == 300 * 10**18
