"""What must come of each step by the credit rules, to the byte: what is returned, or what is reverted with.

The rules say what may happen. Who may call, which offer binds and which mandate is known is the contracts' affair and
is told here, around them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from eth_utils.address import to_checksum_address

from orchestrator.chain.typed_data import mandate_data
from orchestrator.credit import operations
from orchestrator.credit.accrual import advance
from orchestrator.credit.errors import (
    CreditError,
    LineClosed,
    NothingToClaim,
    PriceUnavailable,
    ZeroAmount,
)
from orchestrator.credit.firing import Firing, Moment, asked, evaluate
from orchestrator.credit.mandate import From, Kind, Mandate, MandateState, in_period, period_at
from orchestrator.credit.operations import Party, Token, Transition
from orchestrator.credit.operations.transition import live
from orchestrator.credit.repayment import needed_in_cash, needed_in_kind
from orchestrator.credit.share import FeedReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Timestamp, Wei
from tests.contracts.support.chain import Result
from tests.contracts.support.deal import STARTS_AT, Deal
from tests.contracts.support.ground import PAYERS, PURSE, FeedName, Ground, Role
from tests.contracts.support.prices import Objection, Readings, Round, readings
from tests.contracts.support.refusals import refusal_data, revert_data
from tests.contracts.support.steps import Action, Step
from tests.contracts.support.words import words

NOTHING: Final = Wei(0)
OPENING: Final = Timestamp(STARTS_AT)
UNLIMITED: Final = 2**256 - 1
"""An allowance that nothing is taken off."""

FIRST_PHASE: Final = 1 << 64
"""What a feed's round ids start from."""


class Refused(Exception):
    """A refusal that is not the credit rules': of the caller, the offer, or the mandate."""

    def __init__(self, error: str, *values: object) -> None:
        super().__init__(error)
        self.data = revert_data(error, *values)


@dataclass(slots=True)
class Line:
    state: LineState
    terms: Terms


@dataclass(slots=True)
class Registered:
    mandate: Mandate
    state: MandateState


_CHECKED_FIRST: Final[dict[Action, tuple[type[CreditError], ...]]] = {
    Action.WITHDRAW: (ZeroAmount, LineClosed),
    Action.WITHDRAW_RESERVE: (ZeroAmount, LineClosed),
    Action.DRAW: (ZeroAmount, LineClosed),
    Action.REPAY_FROM_RESERVE: (LineClosed,),
    Action.REPAY_IN_KIND: (LineClosed,),
    Action.CLOSE: (LineClosed,),
    Action.CLAIM_LOAN: (),
    Action.CLAIM_COLLATERAL: (),
}
"""What the vault refuses before it looks at who calls; other actions anyone may take."""


@dataclass(slots=True)
class Expectation:
    """The world of one history as the rules see it. ``expect`` moves it on by one step."""

    deal: Deal
    ground: Ground
    lines: dict[int, Line] = field(default_factory=dict)
    mandates: dict[str, Registered] = field(default_factory=dict)
    nonces: dict[int, str] = field(default_factory=dict)
    operators: set[str] = field(default_factory=set)
    allowance: int = 0
    rounds: dict[FeedName, Round] = field(init=False)
    consumed: Wei = NOTHING
    now: Timestamp = OPENING
    balances: dict[tuple[Token, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for token in Token:
            for role in Role:
                self.balances[token, role.address] = PURSE if role in PAYERS else 0
            self.balances[token, self.ground.vault] = 0
        self.rounds = {feed: Round(answer, STARTS_AT) for feed, answer in self.deal.opening_answers.items()}

    def readings(self) -> Readings:
        return readings(self.deal.oracle, self.rounds, self.now)

    def expect(self, step: Step) -> Result:
        self.now = Timestamp(step.at)
        try:
            return Result(True, self._act(step))
        except Refused as refusal:
            return Result(False, refusal.data)
        except PriceUnavailable as refusal:
            return Result(False, self._price_unavailable(refusal.reading))
        except NothingToClaim:
            token = self.deal.loan_token if step.action is Action.CLAIM_LOAN else self.deal.collateral_token
            return Result(False, revert_data("NothingToClaim", step.line, token))
        except CreditError as refusal:
            return Result(False, refusal_data(refusal, step.line))

    # ---------------------------------------------------------------- steps

    def _act(self, step: Step) -> bytes:
        match step.action:
            case Action.WAIT:
                return b""
            case Action.PUSH:
                return self._push(step)
            case Action.OPEN:
                return self._open(step)
            case Action.SET_OPERATOR:
                operator = self.ground.trigger if step.trigger_operates else Role.OPERATOR.address
                (self.operators.add if step.approved else self.operators.discard)(operator)
                return b""
            case Action.ALLOW:
                self.allowance = step.amount
                return words(1)
            case Action.REGISTER:
                return self._register(step)
            case Action.REVOKE:
                return self._revoke(step)
            case Action.FIRE:
                return self._fire(step)
            case _:
                return self._act_on_line(step)

    def _push(self, step: Step) -> bytes:
        number = self.rounds[step.feed].number + 1
        self.rounds[step.feed] = Round(step.amount, step.at, number)
        return words(FIRST_PHASE | number)

    def _open(self, step: Step) -> bytes:
        offer = self.deal.offer
        if step.by is not Role.BORROWER and step.by.address not in self.operators:
            raise Refused("NotOperator", Role.BORROWER.address, step.by.address)
        if self.now > offer.expiry:
            raise Refused("OfferExpired", offer.expiry, self.now)
        if step.forged:
            raise Refused("BadSignature", offer.lender)
        fill = offer.fill(Wei(step.amount), consumed=self.consumed, min_debt=self.deal.min_debt, now=self.now)
        terms = offer.terms(self.now, self.deal.min_debt)
        opened = operations.open_line(fill, terms)
        self.consumed = Wei(self.consumed + step.amount)
        line_id = len(self.lines) + 1
        self.lines[line_id] = Line(opened.state, terms)
        self._move(opened, step.by, step.to)
        return words(line_id)

    def _act_on_line(self, step: Step) -> bytes:
        line = self.lines.get(step.line)
        if line is None:
            return self._act_on_no_line(step)
        early = _CHECKED_FIRST.get(step.action)
        try:
            result = self._perform(step, line)
        except CreditError as refusal:
            if early is not None and not (isinstance(refusal, early) and not _is_late(step, refusal)):
                self._require_caller(step, line)
            raise
        if early is not None:
            self._require_caller(step, line)
        returned = self._needed(step, line) + returned_by(step.action, line.state, result)
        line.state = result.state
        self._move(result, step.by, step.to)
        return returned

    def _act_on_no_line(self, step: Step) -> bytes:
        zero_first = (Action.DEPOSIT, Action.DEPOSIT_RESERVE, Action.WITHDRAW, Action.WITHDRAW_RESERVE, Action.DRAW)
        if step.amount == 0 and step.action in (*zero_first, Action.REPAY):
            raise ZeroAmount
        raise Refused("NoSuchLine", step.line)

    def _perform(self, step: Step, line: Line) -> Transition:
        state, terms, now, oracle = line.state, line.terms, self.now, self.readings().oracle
        loan, collateral = Wei(step.amount), CollateralWei(step.amount)
        perform: dict[Action, Callable[[], Transition]] = {
            Action.DEPOSIT: lambda: operations.deposit(state, collateral),
            Action.WITHDRAW: lambda: operations.withdraw(state, terms, collateral, oracle, now),
            Action.DEPOSIT_RESERVE: lambda: operations.deposit_reserve(state, loan),
            Action.WITHDRAW_RESERVE: lambda: operations.withdraw_reserve(state, terms, loan, oracle, now),
            Action.DRAW: lambda: operations.draw(state, terms, loan, oracle, now),
            Action.REPAY: lambda: operations.repay(state, terms, loan, now),
            Action.REPAY_FROM_RESERVE: lambda: operations.repay_from_reserve(state, terms, step.repayment, oracle, now),
            Action.REPAY_IN_KIND: lambda: operations.repay_in_kind(state, terms, step.repayment, oracle, now),
            Action.CLAIM_LOAN: lambda: operations.claim(state, Token.LOAN),
            Action.CLAIM_COLLATERAL: lambda: operations.claim(state, Token.COLLATERAL),
            Action.CLOSE: lambda: operations.close(state, terms, now),
            Action.TERMINATE: lambda: operations.terminate(state, terms, now),
            Action.LIQUIDATE: lambda: operations.liquidate(state, terms, loan, CollateralWei(step.bound), oracle, now),
        }
        return perform[step.action]()

    def _needed(self, step: Step, line: Line) -> bytes:
        """What a payment from reserve or in kind returns first."""
        state, terms, oracle = self.accrued(line), line.terms, self.readings().oracle
        match step.action:
            case Action.REPAY_FROM_RESERVE:
                return words(needed_in_cash(state, terms, step.repayment, oracle))
            case Action.REPAY_IN_KIND:
                return words(needed_in_kind(state, terms, step.repayment, oracle))
            case _:
                return b""

    def _require_caller(self, step: Step, line: Line) -> None:
        by, action = step.by, step.action
        if action in (Action.CLAIM_LOAN, Action.CLAIM_COLLATERAL):
            if by not in (Role.LENDER, Role.HOLDER) or line.state.settled:
                raise Refused("NotHolder", step.line, by.address)
            return
        if by is Role.BORROWER:
            return
        operates = action not in (Action.WITHDRAW, Action.WITHDRAW_RESERVE) and by.address in self.operators
        if not operates:
            raise Refused("NotBorrower", step.line, by.address)
        if action in (Action.DRAW, Action.CLOSE) and step.to is not Role.BORROWER:
            raise Refused("OperatorPaysBorrowerOnly", step.to.address)

    # ---------------------------------------------------------------- mandates

    def _register(self, step: Step) -> bytes:
        mandate = step.mandate
        assert mandate is not None
        hash_ = self.hash_of(mandate)
        borrower = Role.BORROWER.address
        if self.now > mandate.expiry:
            raise Refused("MandateOver", hash_, mandate.expiry)
        if mandate.line_id not in self.lines:
            raise Refused("NoSuchLine", mandate.line_id)
        taken = self.nonces.get(mandate.nonce)
        if taken == "":
            raise Refused("NonceBurned", borrower, mandate.nonce)
        if taken is not None:
            raise Refused("NonceUsed", borrower, mandate.nonce, taken)
        if step.forged:
            raise Refused("BadSignature", borrower)
        mark = max(0, self.rounds[FeedName.REVENUE].answer) if mandate.kind is Kind.SHARE else 0
        self.nonces[mandate.nonce] = hash_
        self.mandates[hash_] = Registered(mandate, MandateState(self.now, mark=mark))
        return bytes.fromhex(hash_[2:])

    def _revoke(self, step: Step) -> bytes:
        taken = self.nonces.get(step.amount)
        if taken == "":
            raise Refused("NonceBurned", step.by.address, step.amount)
        if taken:
            registered = self.mandates[taken]
            registered.state = replace(registered.state, revoked=True)
        self.nonces[step.amount] = ""
        return b""

    def _fire(self, step: Step) -> bytes:
        assert step.mandate is not None
        hash_ = self.hash_of(step.mandate)
        registered = self.mandates.get(hash_)
        if registered is None:
            raise Refused("MandateUnknown", hash_)
        moment = self.moment(registered.mandate)
        firing = evaluate(registered.mandate, registered.state, moment)
        if firing.why_not is not None:
            self._refuse_firing(hash_, registered, moment, firing)
        self._require_trigger(registered.mandate)
        assert firing.transition is not None
        self.lines[registered.mandate.line_id].state = firing.transition.state
        registered.state = firing.mandate_state
        self._move(firing.transition, Role.STRANGER, step.to)
        return words(firing.pays, firing.spent)

    def moment(self, mandate: Mandate) -> Moment:
        """What a mandate of a line that exists is judged by now."""
        line = self.lines[mandate.line_id]
        names = {address: name for name, address in self.ground.feeds.items()}
        name = names.get(mandate.feed)
        feed = FeedReading(self.rounds[name].answer, name.value) if name else None
        oracle, decimals = self.readings().oracle, self.deal.loan_decimals
        return Moment(line.state, line.terms, oracle, feed, decimals, self.now, self._wallet())

    def _wallet(self) -> Wei:
        return Wei(min(self.allowance, self.balances[Token.LOAN, Role.BORROWER.address]))

    def _refuse_firing(self, hash_: str, registered: Registered, moment: Moment, firing: Firing) -> None:
        """The contracts' error for the reason that the rules give; their values come from the rules too."""
        mandate, state = registered.mandate, registered.state
        if state.revoked:
            raise Refused("MandateIsRevoked", hash_)
        if self.now > mandate.expiry:
            raise Refused("MandateOver", hash_, mandate.expiry)
        if in_period(mandate, state, self.now).closed:
            raise Refused("PeriodClosed", hash_, period_at(mandate, state, self.now))
        wanted = asked(mandate, state, moment)
        if wanted is None:
            raise Refused("NotTriggered", hash_)
        live(moment.line)
        self._require_trigger(mandate)
        line, terms, repayment = moment.line, moment.terms, wanted.repayment
        if mandate.source is From.COLLATERAL:
            operations.repay_in_kind(line, terms, repayment, moment.oracle, self.now)
        else:
            operations.repay_from_reserve(line, terms, repayment, moment.oracle, self.now)
        raise AssertionError(f"the rules do not fire ({firing.why_not}), and yet the payment is allowed")

    def _require_trigger(self, mandate: Mandate) -> None:
        if self.ground.trigger not in self.operators:
            raise Refused("NotBorrower", mandate.line_id, self.ground.trigger)

    def hash_of(self, mandate: Mandate) -> str:
        return _hash_of(mandate, self.ground)

    # ---------------------------------------------------------------- money and prices

    def _move(self, result: Transition, caller: Role, recipient: Role) -> None:
        parties = {
            Party.VAULT: self.ground.vault,
            Party.LENDER: Role.LENDER.address,
            Party.BORROWER: Role.BORROWER.address,
            Party.CALLER: caller.address,
            Party.RECIPIENT: recipient.address,
            Party.KEEPER: recipient.address,
        }
        for flow in result.flows:
            if flow.payer is Party.BORROWER and self.allowance < UNLIMITED:
                self.allowance -= flow.amount
            self.balances[flow.token, parties[flow.payer]] -= flow.amount
            self.balances[flow.token, parties[flow.payee]] += flow.amount

    def _price_unavailable(self, reading: str) -> bytes:
        found = self.readings()
        return self.objection(found.no_risk_price if reading == "risk" else found.no_measuring_price)

    def objection(self, objection: Objection | None) -> bytes:
        assert objection is not None
        return revert_data("PriceUnavailable", objection.reason, self.ground.feeds[objection.feed])

    def accrued(self, line: Line) -> LineState:
        return advance(line.state, line.terms, self.now)


@lru_cache(maxsize=256)
def _hash_of(mandate: Mandate, ground: Ground) -> str:
    return mandate_data(mandate, ground.chain_id, to_checksum_address(ground.trigger)).struct_hash()


def _is_late(step: Step, refusal: CreditError) -> bool:
    """A ZeroAmount that is the outcome of a rule and not of a step that asks for nothing."""
    return isinstance(refusal, ZeroAmount) and step.amount > 0


def returned_by(action: Action, before: LineState, result: Transition) -> bytes:
    """What the vault's function returns for a transition."""

    def flow(payer: Party, token: Token) -> int:
        return sum(flow.amount for flow in result.flows if flow.payer is payer and flow.token is token)

    paid = sum(payment.amount for payment in result.payments)
    match action:
        case Action.REPAY:
            return words(paid)
        case Action.REPAY_FROM_RESERVE:
            return words(paid, flow(Party.VAULT, Token.LOAN))
        case Action.REPAY_IN_KIND:
            seized = result.state.claim_collateral - before.claim_collateral
            return words(paid, seized, flow(Party.VAULT, Token.COLLATERAL))
        case Action.CLOSE:
            return words(flow(Party.CALLER, Token.LOAN))
        case Action.LIQUIDATE:
            return words(flow(Party.CALLER, Token.LOAN), flow(Party.VAULT, Token.COLLATERAL))
        case Action.CLAIM_LOAN:
            return words(flow(Party.VAULT, Token.LOAN))
        case Action.CLAIM_COLLATERAL:
            return words(flow(Party.VAULT, Token.COLLATERAL))
        case _:
            return b""
