"""A back-test as its definition has it: every line at every round, by the credit rules, with nothing skipped."""

from dataclasses import dataclass

from oracles.backtest.book import BookLine
from oracles.backtest.outcome import Act, Event, Worst
from oracles.backtest.path import PricePath
from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.errors import NotLiquidatable
from orchestrator.credit.firing import Moment, evaluate
from orchestrator.credit.health import ltv_bps_up
from orchestrator.credit.mandate import From, Kind, MandateState
from orchestrator.credit.operations import Transition, liquidate, repay
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Source
from orchestrator.credit.state import LineState
from orchestrator.credit.units import UINT96_MAX, Bps, CollateralWei, Timestamp, Wei

ACTS = {
    (Kind.DUE, From.RESERVE): Act.BILL,
    (Kind.DUE, From.COLLATERAL): Act.BILL,
    (Kind.LTV, From.RESERVE): Act.LTV_RESERVE,
    (Kind.LTV, From.COLLATERAL): Act.LTV_IN_KIND,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """``debts`` and ``ltvs`` at each round from the opening on, after what happened in it."""

    state: LineState
    events: tuple[Event, ...]
    worst: Worst | None
    debts: dict[int, Wei]
    ltvs: dict[int, Bps | None]


def watch(line: BookLine, path: PricePath, loan_decimals: int) -> Watched:
    """Looks at the line at every round."""
    state, terms = line.opened(), line.terms
    memories = [MandateState(terms.opened_at) for _ in line.mandates]
    events: list[Event] = []
    worst: Worst | None = None
    debts: dict[int, Wei] = {}
    ltvs: dict[int, Bps | None] = {}
    for index, (now, price) in enumerate(zip(path.times, path.prices, strict=True)):
        if now < terms.opened_at or state.over:
            continue
        state = advance(state, terms, now)
        seen = Worst(ltv_bps_up(state, price), now)
        worst = seen if worst is None or seen.exceeds(worst) else worst
        oracle = OracleReading(price, price)
        for number, mandate in enumerate(line.mandates):
            firing = evaluate(mandate, memories[number], Moment(state, terms, oracle, None, loan_decimals, now))
            if firing.fires:
                assert firing.transition is not None
                act = ACTS[mandate.kind, mandate.source]
                events.append(event(line.line_id, now, act, firing.transition, firing.seized))
                state, memories[number] = firing.transition.state, firing.mandate_state
        if line.pays_bills and not state.over and due(state) > 0:
            done = repay(state, terms, due(state), now)
            events.append(event(line.line_id, now, Act.BORROWER, done, CollateralWei(0)))
            state = done.state
        if not state.over and debt(state) > 0:
            try:
                done = liquidate(state, terms, Wei(UINT96_MAX), CollateralWei(0), oracle, now)
            except NotLiquidatable:
                pass
            else:
                seized = CollateralWei(state.collateral - done.state.collateral)
                events.append(event(line.line_id, now, Act.LIQUIDATION, done, seized))
                state = done.state
        debts[index], ltvs[index] = debt(state), ltv_bps_up(state, price)
    return Watched(state, tuple(events), worst, debts, ltvs)


def event(line_id: int, now: Timestamp, act: Act, done: Transition, seized: CollateralWei) -> Event:
    assert all(payment.source in Source for payment in done.payments)
    lost = done.write_off
    shortfall = lost.principal + lost.charges if lost else 0
    return Event(line_id, now, act, Wei(sum(payment.amount for payment in done.payments)), seized, Wei(shortfall))
