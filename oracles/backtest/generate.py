"""A book made up from a seed: lines of many terms and habits, opened through the first half of a history."""

from __future__ import annotations

from random import Random
from typing import Final

from oracles.backtest.book import BookLine, due_mandate, ltv_mandate
from oracles.backtest.path import Decimals, PricePath
from orchestrator.credit.mandate import From, Mandate
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, HOUR, PRICE_SCALE, Bps, CollateralWei, Seconds, Timestamp, Wei, mul_div_up

DAY: Final = 24 * HOUR
WEEK_HOURS: Final = 7 * 24


def generate_book(count: int, seed: int, path: PricePath, decimals: Decimals) -> tuple[BookLine, ...]:
    """``count`` lines, the same for the same seed and history."""
    random = Random(seed)
    return tuple(_line(number, random, path, decimals) for number in range(1, count + 1))


def _line(number: int, random: Random, path: PricePath, decimals: Decimals) -> BookLine:
    unit = int(10**decimals.loan)
    opened = random.randrange(max(1, len(path) // 2))
    terms = _terms(random, Timestamp(path.times[opened]), Wei(100 * unit))
    limit = random.randrange(10, 1_001) * 1_000 * unit
    drawn = limit * random.randrange(50, 101) // 100
    ltv_bps = random.randrange(terms.initial_ltv_bps * 6 // 10, terms.initial_ltv_bps + 1)
    value = mul_div_up(drawn, BPS, ltv_bps)
    collateral = mul_div_up(value, PRICE_SCALE, path.prices[opened])
    reserve = limit * random.choice((0, 2, 5, 10, 20)) // 100
    return BookLine(
        line_id=number,
        terms=terms,
        limit=Wei(limit),
        drawn=Wei(drawn),
        collateral=CollateralWei(collateral),
        reserve=Wei(reserve),
        pays_bills=random.random() < 0.9,
        mandates=_mandates(number, random, terms, reserve, collateral),
    )


def _terms(random: Random, opened_at: Timestamp, min_debt: Wei) -> Terms:
    initial_ltv_bps = random.randrange(4_000, 7_001, 500)
    liquidation_ltv_bps = initial_ltv_bps + random.randrange(800, 1_501, 100)
    term_s = random.choice((90, 180, 365, 730)) * DAY
    return Terms(
        apr_bps=Bps(random.randrange(300, 1_501)),
        commitment_bps=Bps(random.choice((0, 50, 100))),
        penalty_bps=Bps(random.choice((0, 200, 500))),
        initial_ltv_bps=Bps(initial_ltv_bps),
        liquidation_ltv_bps=Bps(liquidation_ltv_bps),
        bonus_bps=Bps(random.choice((300, 500, 800))),
        in_kind_ltv_bps=Bps(initial_ltv_bps + 500),
        in_kind_discount_bps=Bps(random.choice((0, 100, 200))),
        amort_bps=Bps(random.choice((0, 0, 500, 1_000))),
        period_s=Seconds(random.choice((7, 14, 30)) * DAY),
        grace_s=Seconds(random.choice((1, 3, 7)) * DAY),
        draw_window_s=Seconds(term_s // 2),
        term_s=Seconds(term_s),
        opened_at=opened_at,
        min_debt=min_debt,
    )


def _mandates(number: int, random: Random, terms: Terms, reserve: int, collateral: int) -> tuple[Mandate, ...]:
    threshold_bps = (terms.initial_ltv_bps + terms.liquidation_ltv_bps) // 2
    fee_bps = random.choice((0, 10, 50))
    found = []
    if reserve and random.random() < 0.7:
        found.append(due_mandate(number, reserve, WEEK_HOURS, fee_bps))
    if reserve and random.random() < 0.6:
        found.append(ltv_mandate(number, From.RESERVE, threshold_bps, reserve, WEEK_HOURS, fee_bps))
    elif terms.in_kind_discount_bps and random.random() < 0.7:
        found.append(ltv_mandate(number, From.COLLATERAL, threshold_bps, collateral // 4, WEEK_HOURS, fee_bps))
    return tuple(found)
