"""Which terms a line may have, and what a fill of an offer comes to."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.errors import BadTerms, FillTooLarge, FillTooSmall, OfferExpired
from orchestrator.credit.offer import ANYONE, Fill, Offer
from orchestrator.credit.units import BPS, MAX_LIMIT, Bps, CollateralWei, Timestamp, Wei
from tests.unit.credit.lines import DAY, NO_CASH, OPENED_AT, TERMS, usdc, weth

OFFER = Offer(
    lender="0x" + "11" * 20,
    borrower=ANYONE,
    loan_token="0x" + "22" * 20,
    collateral_token="0x" + "33" * 20,
    oracle="0x" + "44" * 20,
    limit=usdc(1_000_000),
    min_collateral=weth(100),
    apr_bps=Bps(1_000),
    origination_bps=Bps(50),
    commitment_bps=Bps(100),
    penalty_bps=Bps(500),
    initial_ltv_bps=Bps(6_000),
    liquidation_ltv_bps=Bps(8_000),
    bonus_bps=Bps(500),
    in_kind_ltv_bps=Bps(7_000),
    in_kind_discount_bps=Bps(200),
    amort_bps=Bps(1_000),
    period_hours=720,
    grace_hours=72,
    draw_window_hours=180 * 24,
    term_hours=365 * 24,
    expiry=Timestamp(OPENED_AT + DAY),
    group=7,
    group_cap=usdc(1_500_000),
    epoch=0,
)


def fill(amount: Wei, consumed: Wei = NO_CASH, now: Timestamp = OPENED_AT) -> Fill:
    return OFFER.fill(amount, consumed=consumed, min_debt=usdc(100), now=now)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("apr_bps", 10_001, "at most 10000 bps"),
        ("commitment_bps", 1_001, "at most 1000 bps"),
        ("penalty_bps", 10_001, "at most 10000 bps"),
        ("bonus_bps", 2_001, "at most 2000 bps"),
        ("in_kind_discount_bps", 2_001, "at most 2000 bps"),
        ("amort_bps", 10_001, "at most 10000 bps"),
        ("apr_bps", -1, "must not be negative"),
        ("in_kind_ltv_bps", 65_536, "at most 65535 bps"),
        ("initial_ltv_bps", 8_000, "below liquidation_ltv_bps (8000)"),
        ("liquidation_ltv_bps", 9_900, "below 100 %"),
        ("period_s", 0, "at least one hour"),
        ("period_s", 3_601, "whole number of hours"),
        ("grace_s", 65_536 * 3_600, "at most 65535"),
        ("draw_window_s", 366 * DAY, "must not exceed term_s"),
        ("opened_at", 2**32, "must fit 32 bits"),
        ("min_debt", 0, "must be positive"),
    ],
)
def test_a_term_out_of_range_is_refused_and_named(field: str, value: int, says: str) -> None:
    change: dict[str, Any] = {field: value}
    with pytest.raises(BadTerms) as refusal:
        replace(TERMS, **change)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("apr_bps", 10_000),
        ("commitment_bps", 1_000),
        ("penalty_bps", 10_000),
        ("bonus_bps", 2_000),
        ("in_kind_ltv_bps", 65_535),
        ("amort_bps", 10_000),
        ("initial_ltv_bps", 7_999),
        ("period_s", 3_600),
        ("period_s", 65_535 * 3_600),
        ("draw_window_s", 365 * DAY),
        ("term_s", 65_535 * 3_600),
        ("opened_at", 2**32 - 1),
        ("min_debt", 1),
    ],
)
def test_the_edge_of_a_range_is_allowed(field: str, value: int) -> None:
    change: dict[str, Any] = {field: value}
    assert getattr(replace(TERMS, **change), field) == value


@given(bonus_bps=st.integers(101, 2_000))
def test_a_liquidation_at_the_limit_finds_collateral_for_debt_and_bonus(bonus_bps: int) -> None:
    """The rule lltv·(1 + bonus) < 1 at its exact edge."""
    greatest = (BPS * BPS - 1) // (BPS + bonus_bps)
    change: dict[str, Any] = {"bonus_bps": bonus_bps, "in_kind_discount_bps": 0}
    replace(TERMS, liquidation_ltv_bps=Bps(greatest), **change)
    with pytest.raises(BadTerms, match="1 \\+ bonus"):
        replace(TERMS, liquidation_ltv_bps=Bps(greatest + 1), **change)


@given(discount_bps=st.integers(0, 2_000))
def test_a_payment_in_kind_at_the_limit_finds_collateral_for_debt_discount_and_fee(discount_bps: int) -> None:
    """The rule lltv·(1 + keeper fee cap)/(1 - discount) < 1 at its exact edge."""
    greatest = (BPS * (BPS - discount_bps) - 1) // (BPS + 100)
    change: dict[str, Any] = {"bonus_bps": 0, "in_kind_discount_bps": discount_bps}
    replace(TERMS, liquidation_ltv_bps=Bps(greatest), **change)
    with pytest.raises(BadTerms, match="keeper fee cap"):
        replace(TERMS, liquidation_ltv_bps=Bps(greatest + 1), **change)


def test_the_window_and_the_maturity_count_from_the_opening() -> None:
    assert TERMS.window_ends_at == OPENED_AT + 180 * DAY
    assert TERMS.matures_at == OPENED_AT + 365 * DAY


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", 0), ("limit", MAX_LIMIT + 1), ("min_collateral", -1), ("origination_bps", 1_001), ("apr_bps", 10_001)],
)
def test_an_offer_with_a_bad_term_is_refused(field: str, value: int) -> None:
    change: dict[str, Any] = {field: value}
    with pytest.raises(BadTerms, match=field):
        replace(OFFER, **change)


@pytest.mark.parametrize(
    ("field", "value"), [("limit", 1), ("limit", MAX_LIMIT), ("min_collateral", 2**96 - 1), ("origination_bps", 1_000)]
)
def test_an_offer_at_the_edge_of_a_range_is_allowed(field: str, value: int) -> None:
    change: dict[str, Any] = {field: value}
    assert getattr(replace(OFFER, **change), field) == value


def test_an_offer_becomes_the_terms_of_a_line() -> None:
    assert OFFER.terms(OPENED_AT, usdc(100)) == TERMS


@given(st.integers(usdc(100), usdc(1_000_000)))
def test_collateral_and_fee_scale_with_the_fill_and_are_rounded_up(amount: int) -> None:
    filled = fill(Wei(amount))
    assert filled.limit == amount
    assert filled.collateral * OFFER.limit >= amount * OFFER.min_collateral > (filled.collateral - 1) * OFFER.limit
    assert filled.origination_fee * BPS >= amount * 50 > (filled.origination_fee - 1) * BPS


@given(st.lists(st.integers(usdc(100), usdc(1_000)), min_size=1, max_size=8))
def test_many_small_fills_bring_at_least_the_collateral_of_one(parts: list[int]) -> None:
    """Pitfall 13: splitting a fill never lowers what the borrower brings."""
    whole = fill(Wei(sum(parts)))
    assert sum(fill(Wei(part)).collateral for part in parts) >= whole.collateral
    assert sum(fill(Wei(part)).origination_fee for part in parts) >= whole.origination_fee


def test_a_fill_below_the_minimum_debt_is_refused() -> None:
    """Pitfall 12."""
    assert fill(usdc(100)).collateral == weth(0.01)
    with pytest.raises(FillTooSmall):
        fill(Wei(usdc(100) - 1))


def test_a_fill_is_bounded_by_the_limit_and_by_what_the_group_has_left() -> None:
    """Pitfall 5: a signature does not lend for ever."""
    assert fill(usdc(1_000_000)).limit == usdc(1_000_000)
    with pytest.raises(FillTooLarge) as beyond_limit:
        fill(Wei(usdc(1_000_000) + 1))
    assert beyond_limit.value.left == usdc(1_000_000)
    with pytest.raises(FillTooLarge) as beyond_group:
        fill(usdc(600_000), consumed=usdc(1_000_000))
    assert beyond_group.value.left == usdc(500_000)


def test_a_cancelled_group_lends_nothing() -> None:
    with pytest.raises(FillTooLarge) as refusal:
        fill(usdc(100), consumed=Wei(2**96 - 1))
    assert refusal.value.left == 0


def test_an_offer_lasts_up_to_its_expiry() -> None:
    """Pitfall 5."""
    assert fill(usdc(100), now=OFFER.expiry).limit == usdc(100)
    with pytest.raises(OfferExpired):
        fill(usdc(100), now=Timestamp(OFFER.expiry + 1))


def test_a_fill_of_nothing_rounds_no_collateral_into_being() -> None:
    free = replace(OFFER, min_collateral=CollateralWei(0), origination_bps=Bps(0))
    assert free.fill(usdc(100), consumed=Wei(0), min_debt=usdc(100), now=OPENED_AT) == Fill(
        usdc(100), CollateralWei(0), Wei(0)
    )
