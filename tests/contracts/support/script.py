"""A history drawn from its seed: steps that mean something to the line they meet, near the seconds where rules change."""

from dataclasses import dataclass
from random import Random
from typing import Final

from orchestrator.credit.accrual import boundary_after, boundary_at_or_before, debt, due, unpaid_from
from orchestrator.credit.health import max_draw, max_withdrawal
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.units import BPS, HOUR, UINT16_MAX, Bps, PriceE36, Timestamp, Wei
from tests.contracts.support.deal import Deal, any_size, random_deal
from tests.contracts.support.expectation import Expectation, Line
from tests.contracts.support.ground import FeedName, Ground, Role
from tests.contracts.support.steps import Action, Step

MAX_STEPS: Final = 60
LAST_SECOND: Final = 2**32 - 1 - 10**6
LARGEST_AMOUNT: Final = 2**92

_WEIGHTS: Final = {
    Action.DRAW: 14,
    Action.REPAY: 10,
    Action.PUSH: 14,
    Action.FIRE: 14,
    Action.REGISTER: 7,
    Action.REPAY_IN_KIND: 7,
    Action.REPAY_FROM_RESERVE: 6,
    Action.LIQUIDATE: 9,
    Action.DEPOSIT: 5,
    Action.DEPOSIT_RESERVE: 7,
    Action.WITHDRAW: 6,
    Action.WITHDRAW_RESERVE: 4,
    Action.CLAIM_LOAN: 5,
    Action.CLAIM_COLLATERAL: 3,
    Action.WAIT: 4,
    Action.SET_OPERATOR: 4,
    Action.TERMINATE: 3,
    Action.OPEN: 2,
    Action.REVOKE: 1,
    Action.CLOSE: 1,
}


@dataclass(frozen=True, slots=True)
class History:
    """All that happens, in concrete steps."""

    seed: int
    deal: Deal
    steps: tuple[Step, ...]


def history_of(seed: int, ground: Ground) -> History:
    """The history of a seed. A seed means the same history as long as this module and its choices stay as they are."""
    random = Random(seed)
    deal = random_deal(random, ground)
    writer = _Writer(random, Expectation(deal, ground))
    for step in writer.opening():
        writer.write(step)
    for _ in range(random.randint(5, MAX_STEPS - len(writer.steps))):
        writer.write(writer.next_step())
    return History(seed, deal, tuple(writer.steps))


class _Writer:
    """Writes a history while it watches by the rules what becomes of its lines."""

    def __init__(self, random: Random, world: Expectation) -> None:
        self.random = random
        self.world = world
        self.steps: list[Step] = []
        self.mandates: list[Mandate] = []

    def write(self, step: Step) -> None:
        self.steps.append(step)
        self.world.expect(step)

    def opening(self) -> list[Step]:
        deal, at = self.world.deal, self.world.now
        fill = max(deal.min_debt, min(deal.offer.limit, deal.offer.group_cap))
        if self.random.random() < 0.2:
            fill = self.random.randint(min(deal.min_debt, fill), fill)
        steps = [Step(at, Role.BORROWER, Action.OPEN, amount=fill)]
        if self.random.random() < 0.8:
            steps += [Step(at, Role.BORROWER, Action.SET_OPERATOR, trigger_operates=True, approved=True)]
        if self.random.random() < 0.5:
            steps += [Step(at, Role.BORROWER, Action.DEPOSIT_RESERVE, amount=self.random.randint(1, fill))]
        return steps

    def next_step(self) -> Step:
        random, world = self.random, self.world
        line_id = random.choice(list(world.lines)) if world.lines and random.random() < 0.99 else len(world.lines) + 1
        line = world.lines.get(line_id)
        at = self._moment(line)
        world.now = at
        action = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        match action:
            case Action.PUSH:
                return self._price_move(at)
            case Action.OPEN:
                by = random.choice((Role.BORROWER, Role.BORROWER, Role.STRANGER))
                by = Role.BORROWER if by is Role.STRANGER and world.deal.offer.borrower != by.address else by
                left = max(0, min(world.deal.offer.limit, world.deal.offer.group_cap - world.consumed))
                return Step(at, by, action, line_id, self._near(left), forged=random.random() < 0.1)
            case Action.SET_OPERATOR:
                trigger = random.random() < 0.5
                approved = random.random() < 0.8
                return Step(at, Role.BORROWER, action, line_id, trigger_operates=trigger, approved=approved)
            case Action.REGISTER:
                mandate = self._mandate(line_id)
                self.mandates.append(mandate)
                return Step(at, self._anyone(), action, line_id, mandate=mandate, forged=random.random() < 0.05)
            case Action.FIRE:
                mandate = random.choice(self.mandates) if self.mandates else self._mandate(line_id)
                return Step(at, self._anyone(), action, mandate.line_id, to=Role.KEEPER, mandate=mandate)
            case Action.REVOKE:
                return Step(at, Role.BORROWER, action, line_id, amount=random.randrange(len(self.mandates) + 2))
            case _:
                return self._on_line(at, action, line_id, line)

    # ---------------------------------------------------------------- when

    def _moment(self, line: Line | None) -> Timestamp:
        random, now = self.random, self.world.now
        chosen = random.random()
        if line is None or chosen < 0.15:
            return now
        if chosen < 0.3:
            later = now + random.choice((1, random.randint(1, 10), random.randint(1, 30 * HOUR)))
        else:
            later = random.choice(self._dates(line)) + random.randint(-1, 1)
        return Timestamp(min(LAST_SECOND, max(now, later)))

    def _dates(self, line: Line) -> list[int]:
        """The seconds at which something changes by itself, those to come first."""
        state, terms, now = self.world.accrued(line), line.terms, self.world.now
        dates = [terms.window_ends_at, terms.matures_at]
        unpaid_since = unpaid_from(state, terms)
        if unpaid_since is not None:
            dates += 3 * [unpaid_since] + 2 * [unpaid_since + terms.grace_s]
        if now < terms.matures_at:
            dates += 2 * [boundary_after(terms, now)]
        dates += [boundary_at_or_before(terms, now) + self.random.randint(1, 3) * terms.period_s]
        for registered in self.world.mandates.values():
            period_s = registered.mandate.period_s
            dates += [registered.state.registered_at + (registered.state.period + 1) * period_s]
        to_come = [date for date in dates if now < date <= LAST_SECOND]
        return to_come or [now]

    # ---------------------------------------------------------------- who and how much

    def _anyone(self) -> Role:
        return self.random.choice((Role.BORROWER, Role.STRANGER, Role.OPERATOR, Role.LENDER))

    def _on_line(self, at: Timestamp, action: Action, line_id: int, line: Line | None) -> Step:
        random = self.random
        natural = self._natural_amount(action, line) if line else 1
        to = random.choice((Role.RECIPIENT, Role.RECIPIENT, Role.BORROWER, Role.LENDER))
        by = Role.BORROWER
        if random.random() < 0.12:
            by = self._anyone()
        elif action in (Action.CLAIM_LOAN, Action.CLAIM_COLLATERAL):
            by = random.choice((Role.LENDER, Role.HOLDER))
        elif action in (Action.LIQUIDATE, Action.TERMINATE):
            by = self._anyone()
        elif action is Action.DRAW and random.random() < 0.2:
            by, to = Role.OPERATOR, Role.BORROWER
        bound, fee_bps = 0, 0
        if action is Action.REPAY_FROM_RESERVE:
            bound, fee_bps = self._near(line.state.reserve if line else 1), self._fee()
        elif action is Action.REPAY_IN_KIND:
            bound, fee_bps = self._near(line.state.collateral if line else 1), self._fee()
        elif action is Action.LIQUIDATE and random.random() < 0.2:
            bound = self._near(line.state.collateral if line else 1)
        return Step(at, by, action, line_id, self._near(natural), bound, fee_bps, to)

    def _natural_amount(self, action: Action, line: Line) -> int:
        state, terms = self.world.accrued(line), line.terms
        risk_price = self.world.readings().oracle.risk_price or PriceE36(1)
        match action:
            case Action.DEPOSIT:
                return max(1, state.collateral // 2)
            case Action.DEPOSIT_RESERVE:
                return max(due(state), state.undrawn // 4, 1)
            case Action.WITHDRAW:
                return max_withdrawal(state, terms, risk_price) or state.collateral
            case Action.WITHDRAW_RESERVE:
                return state.reserve
            case Action.DRAW:
                return max_draw(state, terms, risk_price) or state.undrawn
            case _:
                return self.random.choice((debt(state), debt(state), due(state), debt(state) - terms.min_debt))

    def _near(self, natural: int) -> int:
        random = self.random
        part = random.randint(0, max(0, natural))
        choice = random.choice((natural, natural, natural - 1, natural + 1, natural // 2, part, part, 2 * natural))
        return 0 if random.random() < 0.01 else min(LARGEST_AMOUNT, max(0, choice))

    def _fee(self) -> int:
        return self.random.choice((0, 100, 100, self.random.randint(0, 101)))

    # ---------------------------------------------------------------- prices and mandates

    def _price_move(self, at: Timestamp) -> Step:
        """Each feed is moved for itself, most often to where the others are or nearly."""
        random = self.random
        if random.random() < 0.2:
            answer = self.world.rounds[FeedName.REVENUE].answer + random.randint(-5, 10 ** random.randint(1, 12))
            return Step(at, Role.OWNER, Action.PUSH, feed=FeedName.REVENUE, amount=answer)
        feed = random.choice((FeedName.BASE, FeedName.CROSS))
        other = FeedName.CROSS if feed is FeedName.BASE else FeedName.BASE
        shift = 10 ** (FeedName.CROSS.value - FeedName.BASE.value)
        there = self.world.rounds[other].answer
        beside = there * shift if feed is FeedName.CROSS else there // shift
        here = self.world.rounds[feed].answer
        usual = self.world.deal.opening_answers[feed]
        answer = random.choice(
            (
                beside,
                beside,
                beside * random.randint(9_700, 10_300) // BPS,
                here * random.randint(5_000, 12_000) // BPS,
                usual * random.randint(1, 15_000) // BPS,
                random.choice((0, -1, 1, usual)),
            )
        )
        return Step(at, Role.OWNER, Action.PUSH, feed=feed, amount=answer)

    def _mandate(self, line_id: int) -> Mandate:
        random, world = self.random, self.world
        line = world.lines.get(line_id)
        state = world.accrued(line) if line else None
        source = random.choice(tuple(From))
        kind = random.choice((Kind.DUE, Kind.DUE, Kind.LTV, Kind.LTV, Kind.LEVEL, Kind.SHARE))
        held = (state.reserve if source is From.RESERVE else state.collateral) if state else 1
        cap = random.choice((2**96 - 1, max(1, held // 2), max(1, self._near(held)), any_size(random, 90)))
        owes = max(1, debt(state)) if state else 1
        feed = {Kind.LEVEL: world.ground.feeds[FeedName.BASE], Kind.SHARE: world.ground.feeds[FeedName.REVENUE]}
        base = world.rounds[FeedName.BASE].answer
        level = kind is Kind.LEVEL
        return Mandate(
            line_id=line_id,
            kind=kind,
            source=source,
            threshold_bps=Bps(random.choice((1, random.randint(1, UINT16_MAX), 7_000)) if kind is Kind.LTV else 0),
            share_bps=Bps(random.choice((1, BPS, random.randint(1, BPS))) if kind is Kind.SHARE else 0),
            fee_bps=Bps(random.choice((0, 100, random.randint(0, 100)))),
            period_hours=random.choice((1, 24, random.randint(1, 60), UINT16_MAX)),
            cap_per_period=cap,
            amount=Wei(random.randint(1, owes) if level else 0),
            feed=feed.get(kind, NO_FEED),
            above=level and random.random() < 0.5,
            level=base + random.randint(-1, 1) if level else 0,
            expiry=Timestamp(world.now + random.choice((0, HOUR, 10**9, 10**9))),
            nonce=len(self.mandates) if random.random() < 0.95 else 0,
        )
