"""Lines to test with: one plain example, and Hypothesis strategies over all terms and states that can exist."""

from dataclasses import replace

from hypothesis import strategies as st

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.health import highest_price_above_ltv
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import MAX_KEEPER_FEE_BPS, Terms
from orchestrator.credit.units import (
    BPS,
    HOUR,
    PRICE_SCALE,
    Bps,
    CollateralWei,
    Numerator,
    PriceE36,
    Seconds,
    Timestamp,
    Wei,
)

DAY = Seconds(24 * HOUR)
OPENED_AT = Timestamp(1_700_000_000)
USDC = 10**6
WETH = 10**18
NO_CASH = Wei(0)
NO_COLLATERAL = CollateralWei(0)


def usdc(amount: float) -> Wei:
    return Wei(round(amount * USDC))


def weth(amount: float) -> CollateralWei:
    return CollateralWei(round(amount * WETH))


def dollars(price: float) -> PriceE36:
    """The price of one WETH in dollars, as one wei of WETH in USDC base units, times 1e36."""
    return PriceE36(round(price * USDC) * PRICE_SCALE // WETH)


def oracle(price: float) -> OracleReading:
    """One feed that passes every check."""
    return OracleReading(dollars(price), dollars(price))


NO_ORACLE = OracleReading(None, None)

TERMS = Terms(
    apr_bps=Bps(1_000),
    commitment_bps=Bps(100),
    penalty_bps=Bps(500),
    initial_ltv_bps=Bps(6_000),
    liquidation_ltv_bps=Bps(8_000),
    bonus_bps=Bps(500),
    in_kind_ltv_bps=Bps(7_000),
    in_kind_discount_bps=Bps(200),
    amort_bps=Bps(1_000),
    period_s=Seconds(30 * DAY),
    grace_s=Seconds(3 * DAY),
    draw_window_s=Seconds(180 * DAY),
    term_s=Seconds(365 * DAY),
    opened_at=OPENED_AT,
    min_debt=usdc(100),
)
"""A year, 180 days of it to draw in; bills every 30 days; 10 % interest, 1 % commitment fee, 5 % penalty."""

EMPTY = LineState(
    seq=1,
    principal=Wei(0),
    undrawn=Wei(0),
    accrued_at=OPENED_AT,
    unbilled=Numerator(0),
    billed=Numerator(0),
    billed_principal=Wei(0),
    unpaid_since=Timestamp(0),
    collateral=CollateralWei(0),
    reserve=Wei(0),
    claim_loan=Wei(0),
    claim_collateral=CollateralWei(0),
)


def line(
    principal: Wei = NO_CASH,
    undrawn: Wei = NO_CASH,
    collateral: CollateralWei = NO_COLLATERAL,
    reserve: Wei = NO_CASH,
) -> LineState:
    """A line just opened under ``TERMS``, without charges yet."""
    return replace(EMPTY, principal=principal, undrawn=undrawn, collateral=collateral, reserve=reserve)


def after(state: LineState, elapsed_s: float, terms: Terms = TERMS) -> LineState:
    """The line ``elapsed_s`` after its opening."""
    return advance(state, terms, Timestamp(terms.opened_at + round(elapsed_s)))


def bps(low: int, high: int) -> st.SearchStrategy[Bps]:
    return st.integers(low, high).map(Bps)


# Built once: what is built while an example is drawn costs more than the drawing.
up_to_a_fifth = bps(0, 2_000)
up_to_all = bps(0, BPS)
off_or_up_to_all = st.just(Bps(0)) | bps(1, BPS)
off_or_up_to_a_tenth = st.just(Bps(0)) | bps(1, 1_000)
min_debts = st.integers(1, 10**9)
coins = st.booleans()


@st.composite
def any_terms(draw: st.DrawFn, max_hours: int = 300, max_period_hours: int = 60) -> Terms:
    """Up to the limits of what an offer may ask."""
    bonus_bps, discount_bps = draw(up_to_a_fifth), draw(up_to_a_fifth)
    below_bonus = (BPS * BPS - 1) // (BPS + bonus_bps)
    below_discount = (BPS * (BPS - discount_bps) - 1) // (BPS + MAX_KEEPER_FEE_BPS)
    greatest = min(below_bonus, below_discount)
    liquidation_ltv_bps = greatest if draw(coins) else draw(st.integers(1, greatest))
    least = liquidation_ltv_bps // 2 if draw(coins) else 0
    term_hours = draw(st.integers(1, max_hours))
    return Terms(
        apr_bps=draw(off_or_up_to_all),
        commitment_bps=draw(off_or_up_to_a_tenth),
        penalty_bps=draw(off_or_up_to_all),
        initial_ltv_bps=Bps(draw(st.integers(least, liquidation_ltv_bps - 1))),
        liquidation_ltv_bps=Bps(liquidation_ltv_bps),
        bonus_bps=bonus_bps,
        in_kind_ltv_bps=draw(up_to_all),
        in_kind_discount_bps=discount_bps,
        amort_bps=draw(off_or_up_to_all),
        period_s=Seconds(draw(st.integers(1, max_period_hours)) * HOUR),
        grace_s=Seconds(draw(st.integers(0, max_period_hours)) * HOUR),
        draw_window_s=Seconds((term_hours if draw(coins) else draw(st.integers(0, term_hours))) * HOUR),
        term_s=Seconds(term_hours * HOUR),
        opened_at=OPENED_AT,
        min_debt=Wei(draw(min_debts)),
    )


amounts = st.integers(0, 10**15)


debts = st.integers(1, 10**15)


@st.composite
def any_line(draw: st.DrawFn, terms: Terms, principals: st.SearchStrategy[int] = amounts) -> LineState:
    """A line that has lived for a while: drawn at some second, partly billed, not paid since."""
    drawn_at = draw(st.integers(0, max(0, terms.draw_window_s - 1)))
    opened = line(undrawn=Wei(draw(amounts)), collateral=CollateralWei(draw(amounts)), reserve=Wei(draw(amounts)))
    waited = replace(advance(opened, terms, Timestamp(terms.opened_at + drawn_at)), principal=Wei(draw(principals)))
    lived_s = draw(st.integers(0, terms.term_s + 4 * terms.period_s))
    return advance(waited, terms, Timestamp(waited.accrued_at + lived_s))


@st.composite
def terms_and_line(draw: st.DrawFn) -> tuple[Terms, LineState]:
    terms = draw(any_terms())
    return terms, draw(any_line(terms))


@st.composite
def fresh_line(draw: st.DrawFn) -> tuple[Terms, LineState]:
    """Just drawn on, without charges: what happens to it is a matter of price alone."""
    collateral, reserve = CollateralWei(draw(debts)), Wei(draw(st.just(0) | amounts))
    return draw(any_terms()), line(principal=Wei(draw(debts)), collateral=collateral, reserve=reserve)


@st.composite
def price_for(draw: st.DrawFn, state: LineState) -> PriceE36:
    """A price at which debt and collateral are within a factor of about a hundred of each other, or any other price."""
    if not state.collateral or draw(st.integers(0, 9)) == 0:
        return PriceE36(draw(st.integers(1, 10**60)))
    value = max(1, state.principal) * draw(st.integers(1, 10**6)) // 10**4
    return PriceE36(max(1, value * PRICE_SCALE // state.collateral))


@st.composite
def price_above_ltv(draw: st.DrawFn, state: LineState, ltv_bps: Bps) -> PriceE36:
    """A price at which the debt, which is not zero, exceeds the LTV: the greatest one or any below it."""
    greatest = highest_price_above_ltv(debt(state), state.collateral, ltv_bps)
    share = draw(st.just(1_000) | st.integers(1, 1_000))
    return PriceE36(max(1, min(greatest, 10**60) * share // 1_000))
