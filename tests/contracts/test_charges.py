"""`ChargesLib` against the credit rules on states of every kind, also on those that no short history reaches."""

from collections.abc import Iterator
from dataclasses import astuple
from random import Random
from typing import NamedTuple

import pytest

from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.payment import Source, pay
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, HOUR, UINT32_MAX, Bps, CollateralWei, Numerator, Seconds, Timestamp, Wei
from tests.contracts.support.anvil_chain import AnvilChain, anvil_chain
from tests.contracts.support.chain import Block, Call
from tests.contracts.support.compilation import creation_code
from tests.contracts.support.deal import any_size
from tests.contracts.support.ground import Role
from tests.contracts.support.words import selector, words

STATES = 1_500
BATCH = 250
OPENED_AT = Timestamp(1_800_000_000)
SOURCE = "tests/contracts/support/ChargesHarness.sol"
TERMS = f"({','.join(['uint16'] * 13)},uint32,uint16)"
STATE = "(uint32,uint96,uint96,uint32,uint144,uint144,uint96,uint32,uint96,uint96,uint96,uint96,uint16)"


class Case(NamedTuple):
    call: bytes
    expected: bytes


@pytest.fixture
def chain(anvil: str) -> Iterator[AnvilChain]:
    with anvil_chain(anvil) as chain:
        yield chain


def test_advancing_owing_and_paying_equal_the_rules(chain: AnvilChain) -> None:
    harness = chain.create(creation_code(SOURCE, "ChargesHarness"))
    random = Random(20_200_312)
    cases = [case for _ in range(STATES) for case in _cases(random)]
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        calls = tuple(Call(Role.STRANGER.address, harness, case.call) for case in batch)
        for case, result in zip(batch, chain.play([Block(OPENED_AT, calls)]), strict=True):
            assert (result.ok, result.output.hex()) == (True, case.expected.hex()), case.call.hex()


def _cases(random: Random) -> list[Case]:
    """One line, advanced to a second near one that matters, then asked what it owes, and then paid in part or whole."""
    terms = _any_terms(random)
    state = _any_state(random, terms)
    at = _any_second(random, terms, state)
    now = advance(state, terms, at)
    amount = Wei(random.choice((debt(now), due(now), random.randint(0, debt(now)))))
    paid, payment = pay(now, amount, Source.CASH)
    head = _terms_words(terms)
    return [
        Case(selector(f"advance({TERMS},{STATE},uint256)") + head + words(*astuple(state), at), words(*astuple(now))),
        Case(selector(f"owed({TERMS},{STATE})") + head + words(*astuple(now)), words(due(now), debt(now))),
        Case(
            selector(f"pay({TERMS},{STATE},uint256)") + head + words(*astuple(now), amount),
            words(*astuple(paid), payment.charges, payment.principal),
        ),
    ]


def _any_terms(random: Random) -> Terms:
    def edge(most: int) -> Bps:
        return Bps(random.choice((0, most, random.randint(0, most))))

    term = random.choice((0, 1, random.randint(1, 300), 8_760, 65_535))
    window = random.choice((0, term, random.randint(0, term)))
    period = random.choice((1, random.randint(1, 60), 720, 65_535))
    return Terms(
        apr_bps=edge(10_000),
        commitment_bps=edge(1_000),
        penalty_bps=edge(10_000),
        initial_ltv_bps=Bps(6_000),
        liquidation_ltv_bps=Bps(8_000),
        bonus_bps=Bps(500),
        in_kind_ltv_bps=Bps(0),
        in_kind_discount_bps=Bps(0),
        amort_bps=edge(10_000),
        period_s=Seconds(period * HOUR),
        grace_s=Seconds(random.choice((0, 1, random.randint(0, 100), 65_535)) * HOUR),
        draw_window_s=Seconds(window * HOUR),
        term_s=Seconds(term * HOUR),
        opened_at=OPENED_AT,
        min_debt=Wei(1),
    )


def _any_state(random: Random, terms: Terms) -> LineState:
    accrued_at = OPENED_AT + random.choice((0, random.randint(0, terms.term_s + 1), random.randint(0, 10**8)))
    principal = random.choice((0, any_size(random, 90)))
    billed_principal = random.choice((0, principal, random.randint(0, principal)))
    billed = random.choice((0, any_size(random, 130), any_size(random, 40), DEN * any_size(random, 60)))
    bill = billed > 0 or billed_principal > 0
    return LineState(
        seq=1,
        principal=Wei(principal),
        undrawn=Wei(random.choice((0, any_size(random, 90)))),
        accrued_at=Timestamp(accrued_at),
        unbilled=Numerator(random.choice((0, any_size(random, 130), any_size(random, 40)))),
        billed=Numerator(billed),
        billed_principal=Wei(billed_principal),
        unpaid_since=Timestamp(random.randint(OPENED_AT, accrued_at) if bill else 0),
        collateral=CollateralWei(0),
        reserve=Wei(0),
        claim_loan=Wei(0),
        claim_collateral=CollateralWei(0),
        flags=random.choice((LineFlags.NONE, LineFlags.TERMINATED)),
    )


def _any_second(random: Random, terms: Terms, state: LineState) -> Timestamp:
    """At or after the state's second: near the end of window, term, grace, a period, or anywhere."""
    boundary = OPENED_AT + random.randint(0, 50) * terms.period_s
    graced = state.unpaid_since + terms.grace_s
    dates = (terms.window_ends_at, terms.matures_at, boundary, graced, state.accrued_at + random.randint(0, 10**8))
    return Timestamp(min(UINT32_MAX, max(state.accrued_at, random.choice(dates) + random.randint(-1, 1))))


def _terms_words(terms: Terms) -> bytes:
    hours = (terms.period_s, terms.grace_s, terms.draw_window_s, terms.term_s)
    rates = astuple(terms)[:9]
    return words(*rates, *(duration // HOUR for duration in hours), terms.opened_at, 1)
