"""Books and histories to test with: short, hard, and near the prices at which something happens."""

from dataclasses import replace

from hypothesis import strategies as st

from oracles.backtest.book import SOURCES, BookLine, due_mandate, ltv_mandate
from oracles.backtest.path import Decimals, PricePath
from oracles.rounds import Round
from orchestrator.credit.mandate import From, Mandate
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, HOUR, PRICE_SCALE, CollateralWei, Timestamp, Wei
from tests.unit.credit.lines import OPENED_AT, any_terms

ONE_TO_ONE = Decimals(loan=6, collateral=6, feed=8)
FIRST_ANSWER = 1_000 * 10**8


rarely = st.integers(0, 9).map(lambda drawn: drawn == 0)
periods = st.integers(1, 60)
fees = st.integers(0, 100)


def caps(most: int) -> st.SearchStrategy[int]:
    """Often so small that a need is met over several periods."""
    return st.integers(1, most) | st.integers(1, max(1, most // 500))


@st.composite
def histories(draw: st.DrawFn, max_rounds: int = 60) -> PricePath:
    """Small steps with a shock now and then, seconds or hours apart."""
    gaps_s = st.integers(1, 20 * HOUR) | st.sampled_from((1, 12, HOUR))
    moves_bps = st.integers(9_900, 10_080) | st.integers(9_500, 10_400) | st.integers(6_700, 13_300)
    steps = draw(st.lists(st.tuples(gaps_s, moves_bps), min_size=10, max_size=max_rounds))
    at, answer, rounds = OPENED_AT - draw(st.integers(0, 5)) * HOUR, FIRST_ANSWER, []
    for number, (gap_s, step_bps) in enumerate(steps, start=1):
        rounds.append(Round(number, answer, at))
        at, answer = Timestamp(at + gap_s), max(1, answer * step_bps // BPS)
    return PricePath.of(rounds, ONE_TO_ONE)


@st.composite
def book_lines(draw: st.DrawFn, line_id: int = 1) -> BookLine:
    """Opened between half of the initial LTV and the liquidation LTV, so that a few steps of the price decide."""
    terms = replace(draw(any_terms()), opened_at=Timestamp(OPENED_AT + draw(st.integers(0, 40)) * HOUR))
    limit = draw(st.integers(10**6, 10**12))
    drawn = draw(st.just(limit) | st.integers(0, limit))
    ltv_bps = draw(st.integers(terms.initial_ltv_bps // 2 + 1, terms.liquidation_ltv_bps))
    collateral = max(1, drawn) * BPS * PRICE_SCALE // (ltv_bps * ONE_TO_ONE.price(FIRST_ANSWER)) + 1
    return BookLine(
        line_id=line_id,
        terms=terms,
        limit=Wei(limit),
        drawn=Wei(drawn),
        collateral=CollateralWei(0 if draw(rarely) else collateral),
        reserve=Wei(0 if draw(rarely) else draw(st.integers(1, limit))),
        pays_bills=draw(st.booleans()),
        mandates=draw(some_mandates(line_id, terms, limit, collateral)),
    )


@st.composite
def some_mandates(draw: st.DrawFn, line_id: int, terms: Terms, limit: int, collateral: int) -> tuple[Mandate, ...]:
    found = []
    if draw(st.booleans()):
        found.append(due_mandate(line_id, draw(caps(limit)), draw(periods), draw(fees)))
    if draw(st.integers(0, 3)):
        source = draw(st.sampled_from(tuple(SOURCES.values())))
        cap = draw(caps(limit if source is From.RESERVE else collateral))
        threshold_bps = draw(st.integers(max(1, terms.initial_ltv_bps), terms.liquidation_ltv_bps))
        found.append(ltv_mandate(line_id, source, threshold_bps, cap, draw(periods), draw(fees)))
    if draw(rarely):
        return tuple(replace(mandate, expiry=Timestamp(OPENED_AT + 30 * HOUR)) for mandate in found)
    return tuple(found)


@st.composite
def books(draw: st.DrawFn) -> tuple[BookLine, ...]:
    return tuple(draw(book_lines(number)) for number in range(1, draw(st.integers(1, 4)) + 1))
