"""One line through a price history: from candidate to candidate, since no action on one line changes another.

The clock is the feed: at a round the mandates are asked, then a borrower who pays its bills does, then a liquidator
takes what the rules allow. Between two rounds nothing happens. A round in which none of this can happen is not looked
at: ``fire_price``, the liquidation price, both for the debt as it will be, and the next bill say which those are.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from oracles.backtest.book import BookLine
from oracles.backtest.outcome import Act, Bands, Event, Outcome, Worst
from oracles.backtest.path import PricePath
from orchestrator.credit.accrual import advance, debt, due, unpaid_from
from orchestrator.credit.firing import Moment, evaluate, fire_price, next_due_at
from orchestrator.credit.health import NO_PRICE, ltv_bps_up, unhealthy_price
from orchestrator.credit.liquidation import liquidatable
from orchestrator.credit.mandate import From, Kind, Mandate, MandateState, open_from
from orchestrator.credit.operations import Transition, liquidate, repay
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.status import status
from orchestrator.credit.units import (
    PRICE_SCALE,
    UINT96_MAX,
    CollateralWei,
    PriceE36,
    Seconds,
    Timestamp,
    Wei,
    mul_div_up,
)

NOTHING = CollateralWei(0)

HORIZON = Seconds(30 * 24 * 3_600)
"""How far ahead candidates are sought at once: the debt at its end is what makes them conservative."""


def run_line(line: BookLine, path: PricePath, bands: Bands, loan_decimals: int) -> Outcome:
    """What becomes of a line from its opening to the last round. Adds its debts to ``bands``."""
    course = Course(line, path, bands, loan_decimals)
    first = path.first_at(line.terms.opened_at)
    if first < len(path):
        course.play(first)
    return course.outcome()


def act_at(
    line: BookLine,
    state: LineState,
    remembered: tuple[MandateState, ...],
    price: PriceE36,
    loan_decimals: int,
) -> tuple[LineState, tuple[MandateState, ...], tuple[Event, ...]]:
    """All that happens to a line in one round: ``state`` is accrued to it."""
    now, terms, events = state.accrued_at, line.terms, []
    oracle = OracleReading(price, price)
    after = list(remembered)
    for i, mandate in enumerate(line.mandates):
        firing = evaluate(mandate, after[i], Moment(state, terms, oracle, None, loan_decimals, now))
        after[i] = firing.mandate_state
        if firing.transition is not None:
            events.append(_event(line, now, _act_of(mandate), firing.transition, firing.seized))
            state = firing.transition.state
    if line.pays_bills and state.bill_unpaid and not state.over:
        paid = repay(state, terms, due(state), now)
        events.append(_event(line, now, Act.BORROWER, paid))
        state = paid.state
    if not state.over and liquidatable(state, terms, oracle):
        taken = liquidate(state, terms, Wei(UINT96_MAX), NOTHING, oracle, now)
        seized = CollateralWei(state.collateral - taken.state.collateral)
        events.append(_event(line, now, Act.LIQUIDATION, taken, seized))
        state = taken.state
    return state, tuple(after), tuple(events)


@dataclass(slots=True)
class Course:
    """A line under way: its state, and what was seen of it."""

    line: BookLine
    path: PricePath
    bands: Bands
    loan_decimals: int
    state: LineState = field(init=False)
    remembered: tuple[MandateState, ...] = field(init=False)
    events: list[Event] = field(default_factory=list)
    worst: Worst | None = None

    def __post_init__(self) -> None:
        self.state = self.line.opened()
        self.remembered = tuple(MandateState(self.line.terms.opened_at) for _ in self.line.mandates)

    def play(self, index: int) -> None:
        """From the round ``index`` to the last, or to the end of the line."""
        end = len(self.path)
        while index < end and not self.state.over:
            following = self._visit(index)
            self._sample(index, following)
            self._measure_between(index + 1, following)
            index = following

    def outcome(self) -> Outcome:
        """As of the last round."""
        last = max(self.path.times[-1], self.state.accrued_at)
        state = self.state if self.state.over else advance(self.state, self.line.terms, last)
        standing = status(state, self.line.terms).name.lower()
        return Outcome(
            self.line.line_id, standing, debt(state), state.collateral, state.reserve, self.worst, tuple(self.events)
        )

    def _visit(self, index: int) -> int:
        """Lets happen what happens in a round; returns the next one to look at."""
        price = self.path.prices[index]
        self.state = advance(self.state, self.line.terms, self.path.times[index])
        self._saw(index, self.state)
        self.state, self.remembered, events = act_at(self.line, self.state, self.remembered, price, self.loan_decimals)
        self.events.extend(events)
        return len(self.path) if self.state.over else self._next_candidate(index)

    # ---------------------------------------------------------------- when something can happen next

    def _next_candidate(self, index: int) -> int:
        """The first round after ``index`` in which a mandate, the borrower or a liquidator may act."""
        state, terms, now = self.state, self.line.terms, self.path.times[index]
        until = self._next_moment(now)
        stop = bisect_left(self.path.times, until, index + 1)
        then = advance(state, terms, until)
        price = max(self._firing_price(now, until), unhealthy_price(then, terms))
        return stop if price == NO_PRICE else self.path.first_at_or_below(price, index + 1, stop)

    def _next_moment(self, now: Timestamp) -> Timestamp:
        """The next second in which something may happen whatever the price; at most ``HORIZON`` ahead.

        A line is never left in default: a liquidator has just taken all that its debt was worth.
        """
        state, terms = self.state, self.line.terms
        moments = [now + HORIZON]
        bill_at = unpaid_from(state, terms)
        if bill_at is not None:
            moments.append(bill_at if bill_at > now else bill_at + terms.grace_s + 1)
        for mandate, memory in zip(self.line.mandates, self.remembered, strict=True):
            if mandate.kind is Kind.DUE and state.reserve:
                due_at = next_due_at(mandate, memory, state, terms, Timestamp(now + 1))
                moments.append(due_at if due_at is not None else now + HORIZON)
            elif mandate.kind is Kind.LTV:
                opens_at = open_from(mandate, memory, now)
                moments.append(opens_at if opens_at is not None and opens_at > now else now + HORIZON)
        return Timestamp(max(now + 1, min(moments)))

    def _firing_price(self, now: Timestamp, until: Timestamp) -> PriceE36:
        """Above it no LTV mandate fires before ``until``."""
        price = NO_PRICE
        for mandate, memory in zip(self.line.mandates, self.remembered, strict=True):
            source = self.state.reserve if mandate.source is From.RESERVE else self.state.collateral
            if source and open_from(mandate, memory, now) == now:
                price = max(price, fire_price(mandate, self.state, self.line.terms, until))
        return price

    # ---------------------------------------------------------------- what is seen of it

    def _saw(self, index: int, accrued: LineState) -> None:
        seen = Worst(ltv_bps_up(accrued, self.path.prices[index]), self.path.times[index])
        if self.worst is None or seen.exceeds(self.worst):
            self.worst = seen

    def _measure_between(self, start: int, stop: int) -> None:
        """The worst LTV of the rounds in [start, stop), where nothing happens: debt grows and the price moves.

        A round is worse than the one with the lowest price only if it comes later and its price is as near to it as
        the debts at both ends are to each other.
        """
        if start >= stop:
            return
        terms, path = self.line.terms, self.path
        lowest = path.last_lowest(start, stop)
        at_end = advance(self.state, terms, path.times[stop - 1])
        bound = Worst(ltv_bps_up(at_end, path.prices[lowest]), path.times[lowest])
        if self.worst is not None and not bound.exceeds(self.worst):
            return
        at_lowest = advance(self.state, terms, path.times[lowest])
        self._saw(lowest, at_lowest)
        if debt(at_lowest) == 0 or not self.state.collateral:
            return self._saw(stop - 1, at_end)
        # One more base unit of value on top: values are rounded down before they are compared.
        near = mul_div_up(path.prices[lowest], debt(at_end), debt(at_lowest)) + PRICE_SCALE // self.state.collateral + 1
        index = lowest + 1
        while (index := path.first_at_or_below(near, index, stop)) < stop:
            self._saw(index, advance(self.state, terms, path.times[index]))
            index += 1
        return None

    def _sample(self, start: int, stop: int) -> None:
        """Counts the line in the band of every sampled round in [start, stop)."""
        samples = self.bands.samples
        for row in range(bisect_left(samples, start), bisect_left(samples, stop)):
            accrued = advance(self.state, self.line.terms, self.path.times[samples[row]])
            self.bands.add(row, debt(accrued), ltv_bps_up(accrued, self.path.prices[samples[row]]))


def _act_of(mandate: Mandate) -> Act:
    if mandate.kind is Kind.DUE:
        return Act.BILL
    return Act.LTV_RESERVE if mandate.source is From.RESERVE else Act.LTV_IN_KIND


def _event(
    line: BookLine,
    now: Timestamp,
    act: Act,
    done: Transition,
    seized: CollateralWei = NOTHING,
) -> Event:
    paid = Wei(sum(payment.amount for payment in done.payments))
    lost = done.write_off
    return Event(line.line_id, now, act, paid, seized, Wei(lost.principal + lost.charges) if lost else Wei(0))
