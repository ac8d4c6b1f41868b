"""Mandates to test with: one plain example of each kind, the moments they are judged at, and strategies over all."""

from dataclasses import replace

from hypothesis import strategies as st

from orchestrator.credit.accrual import due
from orchestrator.credit.firing import Moment
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate, MandateState
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.share import FeedReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    BPS,
    HOUR,
    Bps,
    PriceE36,
    Timestamp,
    Wei,
)
from tests.unit.credit.lines import (
    DAY,
    NO_CASH,
    OPENED_AT,
    TERMS,
    after,
    any_line,
    any_terms,
    bps,
    debts,
    line,
    oracle,
    price_for,
    usdc,
    weth,
)

FEED = "0x" + "77" * 20

DUE = Mandate(
    line_id=1,
    kind=Kind.DUE,
    source=From.RESERVE,
    threshold_bps=Bps(0),
    share_bps=Bps(0),
    fee_bps=Bps(50),
    period_hours=720,
    cap_per_period=usdc(500),
    amount=NO_CASH,
    feed=NO_FEED,
    above=False,
    level=0,
    expiry=Timestamp(OPENED_AT + 400 * DAY),
    nonce=1,
)
LTV = replace(DUE, kind=Kind.LTV, threshold_bps=Bps(7_000))
LEVEL = replace(DUE, kind=Kind.LEVEL, amount=usdc(100), feed=FEED, level=2_000 * 10**8)
SHARE = replace(DUE, kind=Kind.SHARE, share_bps=Bps(1_000), feed=FEED)
REGISTERED = MandateState(registered_at=OPENED_AT)

LINE = line(principal=usdc(1_000), collateral=weth(1), reserve=usdc(400))
BILLED_AT = Timestamp(OPENED_AT + 30 * DAY)
BILL = due(after(LINE, 30 * DAY))


def moment(
    state: LineState = LINE,
    now: Timestamp = OPENED_AT,
    reading: OracleReading | None = None,
    feed: FeedReading | None = None,
    terms: Terms = TERMS,
) -> Moment:
    return Moment(state, terms, reading or oracle(2_000), feed, loan_decimals=6, now=now)


def in_kind(mandate: Mandate) -> Mandate:
    return replace(mandate, source=From.COLLATERAL, cap_per_period=weth(1))


@st.composite
def mandates(draw: st.DrawFn, kinds: tuple[Kind, ...] = (*Kind,)) -> Mandate:
    kind, source = draw(st.sampled_from(kinds)), draw(st.sampled_from(From))
    feed = FEED if kind in (Kind.LEVEL, Kind.SHARE) else NO_FEED
    return Mandate(
        line_id=1,
        kind=kind,
        source=source,
        threshold_bps=draw(bps(1, 12_000)) if kind is Kind.LTV else Bps(0),
        share_bps=draw(bps(1, BPS)) if kind is Kind.SHARE else Bps(0),
        fee_bps=draw(bps(0, 100)),
        period_hours=draw(st.integers(1, 60)),
        cap_per_period=draw(st.integers(1, 10**15)),
        amount=Wei(draw(debts)) if kind is Kind.LEVEL else NO_CASH,
        feed=feed,
        above=kind is Kind.LEVEL and draw(st.booleans()),
        level=draw(st.integers(-(10**12), 10**12)) if kind is Kind.LEVEL else 0,
        expiry=Timestamp(OPENED_AT + draw(st.integers(0, 1_000)) * HOUR),
        nonce=0,
    )


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    terms = draw(any_terms())
    state = draw(any_line(terms, principals=debts))
    measuring = draw(price_for(state))
    apart_bps = draw(bps(0, 300))
    risk = PriceE36(max(1, measuring * (BPS - apart_bps) // BPS))
    feed = FeedReading(draw(st.integers(-(10**12), 10**12)), 8)
    reading, wallet = OracleReading(risk, measuring, apart_bps), Wei(draw(st.sampled_from((0, 1)) | debts))
    return Moment(state, terms, reading, feed, 6, state.accrued_at, wallet)
