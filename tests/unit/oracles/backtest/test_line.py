"""What a line does between its candidates: by example, each against every round looked at."""

from dataclasses import replace

from oracles.backtest.book import BookLine, due_mandate, ltv_mandate
from oracles.backtest.line import run_line
from oracles.backtest.outcome import Act, Bands, Outcome
from oracles.backtest.path import Decimals, PricePath
from oracles.rounds import Round
from orchestrator.credit.mandate import From
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import HOUR, Bps, Seconds
from tests.unit.credit.lines import DAY, OPENED_AT, TERMS, usdc, weth
from tests.unit.oracles.backtest.plainly import watch

CALM: Terms = replace(TERMS, amort_bps=Bps(0), commitment_bps=Bps(0))
LINE = BookLine(1, CALM, usdc(1_000), usdc(1_000), weth(1), usdc(0), pays_bills=True, mandates=())


def hourly(*dollars: int, start: int = OPENED_AT) -> PricePath:
    rounds = [Round(i + 1, price * 10**8, start + i * HOUR) for i, price in enumerate(dollars)]
    return PricePath.of(rounds, Decimals())


def played(line: BookLine, path: PricePath) -> Outcome:
    """The outcome, which must be that of looking at every round."""
    outcome = run_line(line, path, Bands(()), 6)
    seen = watch(line, path, 6)
    assert outcome.events == seen.events
    assert outcome.worst is None or seen.worst is None or outcome.worst.ltv_bps == seen.worst.ltv_bps
    return outcome


def test_a_bill_is_paid_in_parts_when_the_cap_of_a_period_is_smaller_than_it() -> None:
    mandate = due_mandate(1, cap=usdc(3), period_hours=6, fee_bps=0)
    line = replace(LINE, reserve=usdc(500), pays_bills=False, mandates=(mandate,))
    outcome = played(line, hourly(*[2_000] * (31 * 24)))
    bill = usdc(8.219179)  # 10 % of 1,000 for 30 of 365 days, rounded up
    assert outcome.count(Act.BILL) == 3
    assert outcome.paid(Act.BILL) == bill
    at = [event.at for event in outcome.events]
    assert at == [OPENED_AT + 30 * DAY + hours * HOUR for hours in (0, 6, 12)]


def test_a_mandate_whose_cap_was_spent_fires_again_when_its_next_period_begins() -> None:
    mandate = ltv_mandate(1, From.RESERVE, 6_500, cap=usdc(10), period_hours=6, fee_bps=0)
    line = replace(LINE, reserve=usdc(500), mandates=(mandate,))
    outcome = played(line, hourly(2_000, *[1_500] * 20))
    assert [event.at for event in outcome.events] == [OPENED_AT + hours * HOUR for hours in (1, 6, 12)]
    assert outcome.paid(Act.LTV_RESERVE) == usdc(30)


def test_interest_alone_carries_a_line_over_its_threshold_at_a_price_that_stands_still() -> None:
    terms = replace(CALM, apr_bps=Bps(10_000), grace_s=Seconds(3 * DAY))
    mandate = ltv_mandate(1, From.RESERVE, 6_500, cap=usdc(500), period_hours=24, fee_bps=0)
    line = replace(LINE, terms=terms, reserve=usdc(500), mandates=(mandate,))
    outcome = played(line, hourly(*[1_600] * (25 * 24)))
    (fired,) = outcome.events
    assert fired.act is Act.LTV_RESERVE
    assert OPENED_AT + 14 * DAY < fired.at < OPENED_AT + 15 * DAY  # 1,000 grow to 1,040 in 14.6 days


def test_a_crash_through_both_prices_is_a_liquidation_and_what_it_does_not_cover_is_lost() -> None:
    outcome = played(LINE, hourly(2_000, 600, 600))
    (event,) = outcome.events
    assert event.act is Act.LIQUIDATION
    assert event.seized == weth(1)
    assert outcome.status == "written_off"
    assert outcome.shortfall == usdc(1_000.011416) - event.paid
    assert outcome.worst is not None
    assert outcome.worst.ltv_bps == 16_667


def test_a_borrower_who_does_not_pay_is_liquidated_when_the_grace_is_over() -> None:
    outcome = played(replace(LINE, pays_bills=False), hourly(*[2_000] * (35 * 24)))
    (event,) = outcome.events
    assert (event.act, event.at) == (Act.LIQUIDATION, OPENED_AT + 33 * DAY + HOUR)
    assert outcome.debt == 0


def test_the_worst_ltv_may_come_after_the_lowest_price() -> None:
    terms = replace(CALM, apr_bps=Bps(10_000))
    cents = [2_000_00] * 10 + [1_500_00] + [1_500_01] * (20 * 24)
    path = PricePath.of([Round(i, price * 10**6, OPENED_AT + i * HOUR) for i, price in enumerate(cents, 1)], Decimals())
    outcome = played(replace(LINE, terms=terms), path)
    assert outcome.worst is not None
    assert outcome.worst.at > OPENED_AT + 11 * HOUR


def test_a_line_that_opens_after_the_last_round_is_never_seen() -> None:
    outcome = played(LINE, hourly(2_000, 2_000, start=OPENED_AT - DAY))
    assert (outcome.worst, outcome.events, outcome.status) == (None, (), "current")
    assert outcome.debt == usdc(1_000)
