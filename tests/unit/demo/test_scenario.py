"""The demo's story in the pure rules: what must fire, at which round, and what must never happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import pytest

from orchestrator.credit.accrual import advance, debt, unpaid_from
from orchestrator.credit.firing import Moment, evaluate
from orchestrator.credit.health import unhealthy
from orchestrator.credit.mandate import From, Kind, MandateState
from orchestrator.credit.operations import close, deposit_reserve, draw, open_line
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import PRICE_SCALE, PriceE36, Timestamp, Wei
from scripts.demo import crash
from scripts.demo.scenario import DEAL
from scripts.local.terms import PERIOD_HOURS, USDC, WETH, Parties

PARTIES = Parties(*(f"0x{digit * 40}" for digit in "12345"))
OPENED_AT = Timestamp(crash.STARTS_AT + 60)
REGISTERED_AT = Timestamp(OPENED_AT + 600)


@dataclass(frozen=True)
class Fired:
    hour: int
    kind: Kind
    source: From
    ltv_bps: int


def price_of(answer: int) -> PriceE36:
    """1 WETH (18 decimals) in USDC (6 decimals), from an answer with 8 decimals."""
    return PriceE36(answer * USDC * PRICE_SCALE // (WETH * 10**crash.DECIMALS))


def play(order: Sequence[int] = (0, 1, 2)) -> tuple[list[Fired], LineState, Terms, bool]:
    """Round by round, an hour apart, from half an hour after the mandates were registered; the bill at its second.

    `order`: in which order the mandates are looked at, which the chain leaves open.
    """
    first, *later = (round_.answer for round_ in crash.rounds())
    offer = DEAL.offer(PARTIES, price_of(first), OPENED_AT)
    terms = offer.terms(OPENED_AT, Wei(1_000 * USDC))
    line = open_line(offer.fill(DEAL.limit, consumed=Wei(0), min_debt=terms.min_debt, now=OPENED_AT), terms).state
    line = deposit_reserve(line, DEAL.reserve).state
    line = draw(line, terms, DEAL.drawn, OracleReading(price_of(first), price_of(first)), OPENED_AT).state
    mandates = DEAL.mandates(1, REGISTERED_AT)
    states = [MandateState(REGISTERED_AT) for _ in mandates]
    fired, ever_unhealthy, price = [], False, price_of(first)
    times = [(REGISTERED_AT + 1_800 + hour * 3_600, hour + 1, answer) for hour, answer in enumerate(later)]
    bill_at = OPENED_AT + PERIOD_HOURS * 3_600
    times = sorted([*times, (bill_at, 0, 0)])
    for now, hour, answer in times:
        price = price_of(answer) if answer else price
        accrued = advance(line, terms, Timestamp(now))
        ever_unhealthy |= unhealthy(accrued, terms, price)
        for index in order:
            mandate = mandates[index]
            moment = Moment(line, terms, OracleReading(price, price), None, 6, Timestamp(now))
            ltv_bps = debt(advance(line, terms, Timestamp(now))) * 10**40 // (line.collateral * price)
            firing = evaluate(mandate, states[index], moment)
            if firing.transition is not None:
                fired.append(Fired(hour, mandate.kind, mandate.source, ltv_bps))
                line, states[index] = firing.transition.state, firing.mandate_state
    return fired, line, terms, ever_unhealthy


def test_the_reserve_pays_before_collateral_does() -> None:
    fired, *_ = play()
    assert (fired[0].kind, fired[0].source) == (Kind.LTV, From.RESERVE)
    in_kind = [one.hour for one in fired if one.source is From.COLLATERAL]
    assert in_kind
    assert in_kind[0] > fired[0].hour


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_what_fires_and_when_in_whatever_order_the_mandates_are_looked_at(order: Sequence[int]) -> None:
    fired, *_ = play(order)
    by_reserve = [one.hour for one in fired if (one.kind, one.source) == (Kind.LTV, From.RESERVE)]
    in_kind = [one.hour for one in fired if one.source is From.COLLATERAL]
    bills = [one.hour for one in fired if one.kind is Kind.DUE]
    assert (by_reserve, in_kind, bills) == ([13, 14, 15, 16, 20, 21, 24, 25, 26], [14, 26, 27], [0])


def test_the_bill_is_paid_in_the_second_in_which_it_appears() -> None:
    first = crash.rounds()[0].answer
    offer = DEAL.offer(PARTIES, price_of(first), OPENED_AT)
    terms = offer.terms(OPENED_AT, Wei(1_000 * USDC))
    line = open_line(offer.fill(DEAL.limit, consumed=Wei(0), min_debt=terms.min_debt, now=OPENED_AT), terms).state
    assert unpaid_from(line, terms) == OPENED_AT + PERIOD_HOURS * 3_600


def test_no_price_of_the_fall_makes_the_line_liquidatable() -> None:
    *_, ever_unhealthy = play()
    assert not ever_unhealthy


def test_a_payment_never_leaves_the_line_in_arrears_at_the_end() -> None:
    _, line, terms, _ = play()
    assert not line.bill_unpaid
    closed = close(line, terms, line.accrued_at).state
    assert closed.closed
    assert debt(closed) == 0


def test_the_numbers_are_the_fall_of_march_2020_in_shape_and_depth() -> None:
    answers = [round_.answer / 10**crash.DECIMALS for round_ in crash.rounds()]
    assert len(answers) == 29
    assert answers[0] == pytest.approx(195, abs=1)
    assert answers[-1] == pytest.approx(87, abs=1)
    assert min(after / before for before, after in pairwise(answers)) < 0.8


def test_the_rounds_are_an_hour_apart() -> None:
    assert {later.updated_at - earlier.updated_at for earlier, later in pairwise(crash.rounds())} == {3_600}


def test_the_collateral_at_the_first_round_is_ten_thousand_weth() -> None:
    assert DEAL.collateral_at(price_of(19_490_000_000)) == 10_000 * WETH
