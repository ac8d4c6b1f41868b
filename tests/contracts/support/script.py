"""A history drawn from its seed: steps that mean something to the line they meet, near the seconds that matter."""

from dataclasses import dataclass
from random import Random
from typing import Final

from orchestrator.credit.accrual import boundary_after, boundary_at_or_before, debt, due, unpaid_from
from orchestrator.credit.firing import evaluate
from orchestrator.credit.health import max_draw, max_withdrawal
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.repayment import Need
from orchestrator.credit.units import BPS, HOUR, UINT16_MAX, Bps, PriceE36, Timestamp, Wei
from tests.contracts.support.deal import Deal, any_size, random_deal
from tests.contracts.support.expectation import UNLIMITED, Expectation, Line
from tests.contracts.support.ground import FeedName, Ground, Role
from tests.contracts.support.steps import Action, Step

MAX_STEPS: Final = 60
LARGEST_AMOUNT: Final = 2**92

_WEIGHTS: Final[dict[Action, float]] = {
    Action.DRAW: 14,
    Action.REPAY: 7,
    Action.PUSH: 12,
    Action.FIRE: 16,
    Action.REGISTER: 14,
    Action.REPAY_IN_KIND: 7,
    Action.REPAY_FROM_RESERVE: 6,
    Action.LIQUIDATE: 9,
    Action.DEPOSIT: 3,
    Action.DEPOSIT_RESERVE: 5,
    Action.WITHDRAW: 4,
    Action.WITHDRAW_RESERVE: 4,
    Action.CLAIM_LOAN: 5,
    Action.CLAIM_COLLATERAL: 3,
    Action.WAIT: 1.5,
    Action.SET_OPERATOR: 1.5,
    Action.ALLOW: 1.5,
    Action.TERMINATE: 2,
    Action.OPEN: 2,
    Action.REVOKE: 0.3,
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
    if random.random() < 0.85:
        writer.write(writer.first_draw())
    for _ in range(random.randint(20, MAX_STEPS - len(writer.steps))):
        writer.write(writer.next_step())
        if writer.is_over and random.random() < 0.1:
            break
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

    @property
    def is_over(self) -> bool:
        """Whether little is left to happen: no line owes anything or can be drawn on."""
        return not any(self._draws(line) or self.world.accrued(line).principal for line in self.world.lines.values())

    def opening(self) -> list[Step]:
        deal, at = self.world.deal, self.world.now
        fill: int = max(deal.min_debt, min(deal.offer.limit, deal.offer.group_cap))
        if self.random.random() < 0.2:
            fill = self.random.randint(min(deal.min_debt, fill), fill)
        steps = [Step(at, Role.BORROWER, Action.OPEN, amount=fill)]
        if self.random.random() < 0.9:
            steps += [Step(at, Role.BORROWER, Action.SET_OPERATOR, trigger_operates=True, approved=True)]
        if self.random.random() < 0.6:
            steps += [Step(at, Role.BORROWER, Action.DEPOSIT_RESERVE, amount=self.random.randint(1, fill))]
        if self.random.random() < 0.6:
            steps += [Step(at, Role.BORROWER, Action.ALLOW, amount=self.random.choice((UNLIMITED, fill)))]
        return steps

    def first_draw(self) -> Step:
        """Most of what can happen to a line happens to one that owes something."""
        line = self.world.lines.get(1)
        natural = self._natural_amount(Action.DRAW, line) if line else 1
        part = self.random.randint(min(natural, self.world.deal.min_debt), natural)
        return Step(self.world.now, Role.BORROWER, Action.DRAW, amount=self.random.choice((natural, part)))

    def next_step(self) -> Step:
        random, world = self.random, self.world
        line_id = random.choice(list(world.lines)) if world.lines and random.random() < 0.99 else len(world.lines) + 1
        line = world.lines.get(line_id)
        at = self._moment(line)
        world.now = at
        ready = [mandate for mandate in self.mandates if self._fires(mandate)]
        weights = self._weights(line) | ({Action.FIRE: 120.0} if ready else {})
        action = random.choices(list(weights), list(weights.values()))[0]
        match action:
            case Action.PUSH:
                return self._price_move(at)
            case Action.OPEN:
                by = random.choice((*[Role.BORROWER] * 6, Role.OPERATOR, Role.OPERATOR, Role.STRANGER))
                left = max(0, min(world.deal.offer.limit, world.deal.offer.group_cap - world.consumed))
                return Step(at, by, action, line_id, self._near(left), forged=random.random() < 0.1)
            case Action.SET_OPERATOR:
                trigger = random.random() < 0.5
                approved = random.random() < (0.9 if trigger else 0.7)
                return Step(at, Role.BORROWER, action, line_id, trigger_operates=trigger, approved=approved)
            case Action.ALLOW:
                return Step(at, Role.BORROWER, action, line_id, self._allowance(line))
            case Action.REGISTER:
                mandate = self._mandate(line_id)
                self.mandates.append(mandate)
                return Step(at, self._anyone(), action, line_id, mandate=mandate, forged=random.random() < 0.05)
            case Action.FIRE:
                mandate = random.choice(ready if ready and random.random() < 0.8 else self.mandates)
                return Step(at, self._anyone(), action, mandate.line_id, to=Role.KEEPER, mandate=mandate)
            case Action.REVOKE:
                return Step(at, Role.BORROWER, action, line_id, amount=random.randrange(len(self.mandates) + 2))
            case _:
                return self._on_line(at, action, line_id, line)

    def _weights(self, line: Line | None) -> dict[Action, float]:
        """What would only be refused comes seldom: refusals are met often enough where rules meet."""
        weights = dict(_WEIGHTS)
        if line is None:
            return weights | {Action.FIRE: 0}
        weights[Action.OPEN] *= 1 if self.world.now <= self.world.deal.offer.expiry else 0.1
        state = self.world.accrued(line)
        weights[Action.DRAW] *= (1 if state.principal else 6) if self._draws(line) else 0.1
        sensible = {
            Action.REPAY: debt(state) > 0,
            Action.REPAY_FROM_RESERVE: debt(state) > 0 and state.reserve > 0,
            Action.REPAY_IN_KIND: debt(state) > 0 and state.collateral > 0,
            Action.LIQUIDATE: debt(state) > 0,
            Action.FIRE: debt(state) > 0,
            Action.REGISTER: debt(state) > 0 and len(self.mandates) < 8,
            Action.WITHDRAW_RESERVE: state.reserve > 0,
            Action.CLAIM_LOAN: state.claim_loan > 0,
            Action.CLAIM_COLLATERAL: state.claim_collateral > 0,
            Action.TERMINATE: not state.terminated,
            Action.CLOSE: len(self.steps) > 20,
        }
        for action, makes_sense in sensible.items():
            weights[action] *= 1 if makes_sense else 0.1
        weights[Action.FIRE] *= 0.3 if self.mandates else 0
        if state.over:
            claims = (Action.CLAIM_LOAN, Action.CLAIM_COLLATERAL, Action.OPEN)
            return {action: weight if action in claims else 0.05 * weight for action, weight in weights.items()}
        return weights

    def _draws(self, line: Line) -> bool:
        """Whether the lender still lends, money and bills allowing."""
        state = self.world.accrued(line)
        open_ = not state.over and not state.terminated and self.world.now < line.terms.window_ends_at
        return open_ and state.undrawn > 0 and not state.bill_unpaid

    # ---------------------------------------------------------------- when

    def _moment(self, line: Line | None) -> Timestamp:
        random, now = self.random, self.world.now
        chosen = random.random()
        if line is None or chosen < 0.4:
            return now
        if chosen < 0.65:
            part = random.randint(1, max(1, min(line.terms.period_s, line.terms.term_s) // 4))
            later = now + random.choice((1, random.randint(1, 10), part, part))
        else:
            soonest = sorted(self._dates(line))[: random.choice((1, 1, 1, 2, 4))]
            later = soonest[-1] + random.randint(-1, 1)
        return Timestamp(min(self.world.deal.last_second, max(now, later)))

    def _dates(self, line: Line) -> list[int]:
        """The seconds at which something changes by itself, those to come first."""
        state, terms, now = self.world.accrued(line), line.terms, self.world.now
        dates: list[int] = [terms.window_ends_at, terms.matures_at]
        unpaid_since = unpaid_from(state, terms)
        if unpaid_since is not None:
            dates += [unpaid_since, unpaid_since + terms.grace_s]
        if now < terms.matures_at:
            dates += [boundary_after(terms, now)]
        dates += [boundary_at_or_before(terms, now) + self.random.randint(1, 3) * terms.period_s]
        for registered in self.world.mandates.values():
            period_s = registered.mandate.period_s
            dates += [registered.state.registered_at + (registered.state.period + 1) * period_s]
        to_come = [date for date in dates if now < date <= self.world.deal.last_second]
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
        elif action is Action.DRAW and Role.OPERATOR.address in self.world.operators and random.random() < 0.3:
            by, to = Role.OPERATOR, Role.BORROWER
        bound, fee_bps, need, threshold_bps = 0, Bps(0), Need.AMOUNT, Bps(0)
        if action in (Action.REPAY_FROM_RESERVE, Action.REPAY_IN_KIND):
            held = (line.state.reserve if action is Action.REPAY_FROM_RESERVE else line.state.collateral) if line else 1
            bound, fee_bps = self._near(held), self._fee()
            need = random.choice((Need.AMOUNT, Need.AMOUNT, Need.BILL, Need.EXCESS))
            threshold_bps = Bps(random.choice((0, 7_000, random.randint(0, UINT16_MAX))))
        elif action is Action.LIQUIDATE and random.random() < 0.2:
            bound = self._near(line.state.collateral if line else 1)
        return Step(at, by, action, line_id, self._near(natural), bound, fee_bps, need, threshold_bps, to)

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
                owed = debt(state)
                return self.random.choice((owed, due(state), due(state), owed // 3, owed - terms.min_debt))

    def _near(self, natural: int) -> int:
        random = self.random
        part = random.randint(0, max(0, natural))
        choice = random.choice((natural, natural, natural - 1, natural + 1, natural // 2, part, part, 2 * natural))
        return 0 if random.random() < 0.01 else min(LARGEST_AMOUNT, max(1, choice))

    def _allowance(self, line: Line | None) -> int:
        """Nothing, anything, or near what a mandate may want."""
        owed = due(self.world.accrued(line)) if line else 0
        return self.random.choice((0, UNLIMITED, UNLIMITED, self._near(owed), self._near(owed)))

    def _fee(self) -> Bps:
        return Bps(self.random.choice((0, 100, 100, self.random.randint(0, 101))))

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

    def _fires(self, mandate: Mandate) -> bool:
        registered = self.world.mandates.get(self.world.hash_of(mandate))
        return registered is not None and evaluate(mandate, registered.state, self.world.moment(mandate)).fires

    def _mandate(self, line_id: int) -> Mandate:
        random, world = self.random, self.world
        line = world.lines.get(line_id)
        state = world.accrued(line) if line else None
        source = random.choice(tuple(From))
        kind = random.choice((Kind.DUE, Kind.DUE, Kind.LTV, Kind.LTV, Kind.LEVEL, Kind.SHARE))
        held = (state.collateral if source is From.COLLATERAL else state.reserve) if state else 1
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
            expiry=Timestamp(world.now + random.choice((0, HOUR, *6 * (10**9,)))),
            nonce=len(self.mandates) if random.random() < 0.95 else 0,
        )
