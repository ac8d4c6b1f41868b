"""Random histories of a line: steps that mean something whatever state they meet.

A step is drawn without knowing the line (``Step``) and becomes a call with amounts when it meets one (``call_for``);
``perform`` runs the call on the rules. Whoever compares the contract with the rules runs the same calls on both.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import assert_never

from hypothesis import strategies as st

from orchestrator.credit import operations
from orchestrator.credit.accrual import advance, debt, unpaid_from
from orchestrator.credit.errors import CreditError
from orchestrator.credit.health import max_draw, max_withdrawal
from orchestrator.credit.offer import Fill
from orchestrator.credit.operations import Party, Token, Transition
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.repayment import Need, Repayment
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    BPS,
    HOUR,
    PRICE_SCALE,
    UINT96_MAX,
    Bps,
    CollateralWei,
    PriceE36,
    Timestamp,
    Wei,
)
from tests.unit.credit.lines import any_terms, coins


class Action(Enum):
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"
    DEPOSIT_RESERVE = "deposit_reserve"
    WITHDRAW_RESERVE = "withdraw_reserve"
    DRAW = "draw"
    REPAY = "repay"
    REPAY_FROM_RESERVE = "repay_from_reserve"
    REPAY_IN_KIND = "repay_in_kind"
    CLAIM_LOAN = "claim_loan"
    CLAIM_COLLATERAL = "claim_collateral"
    CLOSE = "close"
    TERMINATE = "terminate"
    LIQUIDATE = "liquidate"


USUAL = (
    Action.DRAW,
    Action.DRAW,
    Action.REPAY,
    Action.REPAY,
    Action.DEPOSIT,
    Action.WITHDRAW,
    Action.DEPOSIT_RESERVE,
    Action.WITHDRAW_RESERVE,
    Action.REPAY_FROM_RESERVE,
    Action.REPAY_IN_KIND,
    Action.LIQUIDATE,
    Action.CLAIM_LOAN,
    Action.CLAIM_COLLATERAL,
    Action.TERMINATE,
)


class Until(Enum):
    """What a step waits for, so that the seconds around each date are met and not only passed."""

    NOW = "now"
    BILL = "the next bill"
    DEFAULT = "the default that follows it"
    WINDOW = "the end of the draw window"
    MATURITY = "maturity"


@dataclass(frozen=True, slots=True)
class Step:
    """``share_bps`` is of what is natural for the action (what may be drawn, what is owed, …), and may exceed it."""

    until: Until
    wait_s: int
    action: Action
    share_bps: int
    price_bps: int
    apart_bps: int
    need: Need
    fee_bps: Bps


@dataclass(frozen=True, slots=True)
class Call:
    """``repayment`` is what a payment from reserve or collateral asks for, with all of it to spend."""

    action: Action
    amount: int
    repayment: Repayment
    oracle: OracleReading
    now: Timestamp


@dataclass(slots=True)
class History:
    """A line as it lives; ``vault`` is what the flows so far left in it."""

    terms: Terms
    fill: Fill
    opening_price: PriceE36
    state: LineState = field(init=False)
    now: Timestamp = field(init=False)
    vault: dict[Token, int] = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.terms.opened_at
        self.vault = {Token.LOAN: 0, Token.COLLATERAL: 0}
        self._book(operations.open_line(self.fill, self.terms))

    def take(self, step: Step) -> tuple[Call, Transition | CreditError]:
        """Waits, and acts if the rules allow it."""
        call = call_for(step, self)
        self.now = call.now
        try:
            result = perform(call, self.state, self.terms)
        except CreditError as refusal:
            return call, refusal
        self._book(result)
        return call, result

    def _book(self, result: Transition) -> None:
        self.state = result.state
        for flow in result.flows:
            self.vault[flow.token] += flow.amount * ((flow.payee is Party.VAULT) - (flow.payer is Party.VAULT))


def call_for(step: Step, history: History) -> Call:
    now = Timestamp(max(history.now, _awaited(step.until, history) + step.wait_s))
    measuring = PriceE36(max(1, history.opening_price * step.price_bps // BPS))
    risk = PriceE36(max(1, measuring * (BPS - step.apart_bps) // BPS))
    oracle = OracleReading(risk, measuring, Bps(step.apart_bps))
    line = advance(history.state, history.terms, now)
    natural = _natural_amount(step.action, line, history, risk)
    amount = min(UINT96_MAX, natural * step.share_bps // BPS)
    spend = line.collateral if step.action is Action.REPAY_IN_KIND else line.reserve
    repayment = Repayment(step.need, Bps(0), Wei(amount), spend, step.fee_bps)
    return Call(step.action, amount, repayment, oracle, now)


def _awaited(until: Until, history: History) -> Timestamp:
    match until:
        case Until.NOW:
            return history.now
        case Until.BILL:
            return unpaid_from(history.state, history.terms) or history.now
        case Until.DEFAULT:
            return defaults_at(history.state, history.terms) or history.now
        case Until.WINDOW:
            return history.terms.window_ends_at
        case Until.MATURITY:
            return history.terms.matures_at
    assert_never(until)


def _natural_amount(action: Action, line: LineState, history: History, risk_price: PriceE36) -> int:
    match action:
        case Action.DEPOSIT:
            return history.fill.collateral
        case Action.DEPOSIT_RESERVE:
            return history.fill.limit
        case Action.WITHDRAW:
            return max_withdrawal(line, history.terms, risk_price) or line.collateral
        case Action.WITHDRAW_RESERVE:
            return line.reserve
        case Action.DRAW:
            return max_draw(line, history.terms, risk_price) or line.undrawn
        case _:
            return debt(line)


def perform(call: Call, line: LineState, terms: Terms) -> Transition:
    now, oracle = call.now, call.oracle
    loan, collateral = Wei(call.amount), CollateralWei(call.amount)
    match call.action:
        case Action.DEPOSIT:
            return operations.deposit(line, collateral)
        case Action.WITHDRAW:
            return operations.withdraw(line, terms, collateral, oracle, now)
        case Action.DEPOSIT_RESERVE:
            return operations.deposit_reserve(line, loan)
        case Action.WITHDRAW_RESERVE:
            return operations.withdraw_reserve(line, terms, loan, oracle, now)
        case Action.DRAW:
            return operations.draw(line, terms, loan, oracle, now)
        case Action.REPAY:
            return operations.repay(line, terms, loan, now)
        case Action.REPAY_FROM_RESERVE:
            return operations.repay_from_reserve(line, terms, call.repayment, oracle, now)
        case Action.REPAY_IN_KIND:
            return operations.repay_in_kind(line, terms, call.repayment, oracle, now)
        case Action.CLAIM_LOAN:
            return operations.claim(line, Token.LOAN)
        case Action.CLAIM_COLLATERAL:
            return operations.claim(line, Token.COLLATERAL)
        case Action.CLOSE:
            return operations.close(line, terms, now)
        case Action.TERMINATE:
            return operations.terminate(line, terms, now)
        case Action.LIQUIDATE:
            return operations.liquidate(line, terms, loan, CollateralWei(0), oracle, now)
    assert_never(call.action)


shares = st.sampled_from((BPS, BPS, BPS // 2, 2 * BPS)) | st.integers(0, BPS)
pauses = st.just(0) | st.integers(0, 30).map(lambda hours: hours * HOUR) | st.integers(1, 30 * HOUR)
dates = st.sampled_from((Until.BILL, Until.BILL, Until.BILL, Until.DEFAULT, Until.WINDOW, Until.MATURITY))
moments = (
    st.tuples(st.just(Until.NOW), pauses)
    | st.tuples(st.just(Until.NOW), st.integers(0, 10))
    | st.tuples(dates, st.integers(-1, 1))
)
price_moves = st.sampled_from((BPS, BPS, BPS // 2, BPS // 10)) | st.integers(1, 3 * BPS)
deviations = st.just(0) | st.integers(0, 300)
fees = st.integers(0, 100).map(Bps)
factors = st.integers(1, 1_000)
collaterals = st.integers(1, 10**18)
covers = st.integers(2, 20)


def steps(actions: tuple[Action, ...] = USUAL) -> st.SearchStrategy[Step]:
    return st.builds(
        lambda moment, *others: Step(*moment, *others),
        moments,
        st.sampled_from(actions),
        shares,
        price_moves,
        deviations,
        st.sampled_from(Need),
        fees,
    )


@st.composite
def openings(draw: st.DrawFn) -> History:
    """A line whose collateral is worth between two and twenty times its limit, every other one drawn on at once."""
    terms = draw(any_terms())
    limit = Wei(terms.min_debt * draw(factors) + draw(factors) - 1)
    collateral = CollateralWei(draw(collaterals))
    price = PriceE36(max(1, limit * draw(covers) * PRICE_SCALE // collateral))
    history = History(terms, Fill(limit, collateral, Wei(0)), price)
    if draw(coins):
        history.take(Step(Until.NOW, 0, Action.DRAW, draw(shares), BPS, 0, Need.AMOUNT, Bps(0)))
    return history


def lives(actions: tuple[Action, ...] = USUAL) -> st.SearchStrategy[tuple[History, list[Step]]]:
    return st.tuples(openings(), st.lists(steps(actions), min_size=8, max_size=20))
