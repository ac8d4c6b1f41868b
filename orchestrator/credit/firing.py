"""Whether a mandate fires at a given block, and what it then does: the exact rule, for engine, API and back-test.

The chain decides in the end: ``RepayTrigger`` derives the need in the same way and the vault's own functions, which
``operations`` mirrors, bound the payment. So a firing here is the operation there, or the reason why not.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, assert_never

from orchestrator.credit.accrual import advance, debt, unpaid_from
from orchestrator.credit.errors import (
    CreditError,
    InKindNotNeeded,
    InKindRefused,
    NothingDue,
    PriceUnavailable,
    Unhealthy,
    ZeroAmount,
)
from orchestrator.credit.health import NO_PRICE, highest_price_above_ltv
from orchestrator.credit.mandate import From, Kind, Mandate, MandateState, cap_left, in_period, open_from
from orchestrator.credit.operations import (
    Flow,
    Party,
    Token,
    Transition,
    deposit_reserve,
    repay_from_reserve,
    repay_in_kind,
)
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.repayment import (
    NO_AMOUNT,
    NO_THRESHOLD,
    Need,
    Repayment,
    given_by_wallet,
    needed_in_cash,
    needed_in_kind,
    of_amount,
)
from orchestrator.credit.share import FeedReading, ShareOwed, share_owed, share_paid
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, PriceE36, Timestamp, Wei


class WhyNot(Enum):
    """Why a mandate does not fire, in words for people."""

    LINE_OVER = "the line is closed or written off"
    REVOKED = "the borrower revoked the mandate"
    EXPIRED = "the mandate has expired"
    PERIOD_CLOSED = "this period's need was met or its cap is spent"
    NO_DEBT = "nothing is owed"
    NOTHING_DUE = "no bill is unpaid"
    BELOW_THRESHOLD = "debt over value is not above the threshold"
    LEVEL_NOT_CROSSED = "the feed is not beyond the level"
    NO_REVENUE = "no share of revenue is owed"
    PRICE_UNAVAILABLE = "the oracle gives no price that may be used"
    FEED_UNAVAILABLE = "the feed has no answer"
    IN_KIND_REFUSED = "paying in kind is off, or the feeds deviate by more than the discount"
    IN_KIND_NOT_ALLOWED = "no bill is unpaid and debt over value is not above the in-kind LTV"
    WOULD_BE_UNHEALTHY = "the feeds are so far apart that paying in kind would make a healthy line unhealthy"
    SOURCE_EMPTY = "there is nothing to pay from: reserve, collateral or allowance"
    NOTHING_PAID = "what the cap and the source leave does not pay one base unit"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a mandate is judged by, all of it read at one block whose timestamp is ``now``.

    ``feed`` is the feed that the mandate names; None when it names none or the feed has no answer. ``wallet`` is what
    the borrower's balance and its allowance to the trigger give, in loan base units; only a TOP_UP takes from it.
    """

    line: LineState
    terms: Terms
    oracle: OracleReading
    feed: FeedReading | None
    loan_decimals: int
    now: Timestamp
    wallet: Wei = NO_AMOUNT


@dataclass(frozen=True, slots=True)
class Firing:
    """What a firing does, or with ``why_not`` why there is none.

    Attributes:
        need: what the rule asks for, in loan base units; at least ``pays``.
        pays: what the debt falls by.
        fee: the keeper's, in base units of the source's token.
        seized: collateral that goes to the holder's claim.
        transition: the line after it, and who is paid.
        mandate_state: what the trigger remembers after it.
    """

    need: Wei
    pays: Wei
    fee: int
    seized: CollateralWei
    why_not: WhyNot | None
    transition: Transition | None
    mandate_state: MandateState

    @property
    def fires(self) -> bool:
        return self.why_not is None

    @property
    def spent(self) -> int:
        """What leaves the source with the fee, in base units of its token."""
        return self.fee + (self.seized or self.pays)


class _DoesNotFire(Exception):
    def __init__(self, why_not: WhyNot) -> None:
        super().__init__(why_not)
        self.why_not = why_not


@dataclass(frozen=True, slots=True)
class Asked:
    """What a mandate asks the vault for; ``share`` is what a SHARE mandate counts with the payment."""

    repayment: Repayment
    share: ShareOwed | None = None


_REASONS: Final[dict[type[CreditError], WhyNot]] = {
    PriceUnavailable: WhyNot.PRICE_UNAVAILABLE,
    InKindRefused: WhyNot.IN_KIND_REFUSED,
    InKindNotNeeded: WhyNot.IN_KIND_NOT_ALLOWED,
    Unhealthy: WhyNot.WOULD_BE_UNHEALTHY,
    ZeroAmount: WhyNot.NOTHING_PAID,
}

_NOTHING_NEEDED: Final[dict[Kind, WhyNot]] = {
    Kind.DUE: WhyNot.NOTHING_DUE,
    Kind.LTV: WhyNot.BELOW_THRESHOLD,
}


def evaluate(mandate: Mandate, state: MandateState, moment: Moment) -> Firing:
    """What firing ``mandate`` at ``moment`` does. Nothing is stored by a firing that does not happen."""
    need = Wei(0)
    try:
        _check_gate(mandate, state, moment)
        line = advance(moment.line, moment.terms, moment.now)
        if debt(line) == 0:
            raise _DoesNotFire(WhyNot.NO_DEBT)
        wanted = _asked(mandate, state, moment)
        need = _needed(mandate, line, wanted.repayment, moment)
        transition = _pay(mandate, wanted.repayment, moment)
    except _DoesNotFire as refusal:
        return Firing(need, Wei(0), 0, CollateralWei(0), refusal.why_not, None, state)
    pays = transition.payments[0].amount
    fee = sum(flow.amount for flow in transition.flows if flow.payee is Party.KEEPER)
    seized = CollateralWei(transition.state.claim_collateral - line.claim_collateral)
    firing = Firing(need, pays, fee, seized, None, transition, state)
    return replace(firing, mandate_state=_after(mandate, state, firing, wanted.share, moment))


def asked(mandate: Mandate, state: MandateState, moment: Moment) -> Asked | None:
    """What the trigger asks the vault for; None when the feed that the mandate reads calls for nothing."""
    try:
        return _asked(mandate, state, moment)
    except _DoesNotFire:
        return None


def topped_up(line: LineState, terms: Terms, repayment: Repayment, moment: Moment) -> Transition | None:
    """What a TOP_UP mandate does before it pays: the wallet gives what the reserve lacks. None when it gives nothing.

    ``line`` is as stored; raises as ``needed_in_cash``.
    """
    accrued = advance(line, terms, moment.now)
    needed = needed_in_cash(accrued, terms, repayment, moment.oracle)
    given = given_by_wallet(moment.wallet, line.reserve, needed, repayment)
    if given == 0:
        return None
    deposited = deposit_reserve(line, given)
    return replace(deposited, flows=(Flow(Token.LOAN, Party.BORROWER, Party.VAULT, given),))


def fire_price(mandate: Mandate, line: LineState, terms: Terms, until: Timestamp) -> PriceE36:
    """A measuring price above which an LTV mandate does not fire before ``until`` has passed, as the line stands.

    Conservative: debt only grows while nobody acts, so the price is that of the debt at ``until``; whoever acts changes
    the line, and the price with it. ``NO_PRICE`` when no price makes it fire: other kinds, a line that is over.
    """
    in_kind = mandate.source is From.COLLATERAL
    if mandate.kind is not Kind.LTV or line.over or (in_kind and terms.in_kind_discount_bps == 0):
        return NO_PRICE
    then = advance(line, terms, max(until, line.accrued_at))
    threshold_bps = max(mandate.threshold_bps, terms.initial_ltv_bps)
    if in_kind and not then.bill_unpaid:
        threshold_bps = max(threshold_bps, terms.in_kind_ltv_bps)
    return highest_price_above_ltv(debt(then), then.collateral, threshold_bps)


def next_due_at(
    mandate: Mandate, state: MandateState, line: LineState, terms: Terms, now: Timestamp
) -> Timestamp | None:
    """First second, from ``now`` on, in which a DUE mandate may fire if nobody draws or pays; None when none comes."""
    if mandate.kind is not Kind.DUE or line.over:
        return None
    unpaid_since, first = unpaid_from(line, terms), open_from(mandate, state, now)
    if unpaid_since is None or first is None:
        return None
    due_at = max(unpaid_since, first)
    return due_at if due_at <= mandate.expiry else None


def _check_gate(mandate: Mandate, state: MandateState, moment: Moment) -> None:
    if moment.line.over:
        raise _DoesNotFire(WhyNot.LINE_OVER)
    if state.revoked:
        raise _DoesNotFire(WhyNot.REVOKED)
    if moment.now > mandate.expiry:
        raise _DoesNotFire(WhyNot.EXPIRED)
    if in_period(mandate, state, moment.now).closed:
        raise _DoesNotFire(WhyNot.PERIOD_CLOSED)


def _asked(mandate: Mandate, state: MandateState, moment: Moment) -> Asked:
    left = cap_left(mandate, state, moment.now)
    match mandate.kind:
        case Kind.DUE:
            return Asked(Repayment(Need.BILL, NO_THRESHOLD, NO_AMOUNT, left, mandate.fee_bps))
        case Kind.LTV:
            return Asked(Repayment(Need.EXCESS, mandate.threshold_bps, NO_AMOUNT, left, mandate.fee_bps))
        case Kind.LEVEL:
            answer = _feed(moment).answer
            if not (answer > mandate.level if mandate.above else answer < mandate.level):
                raise _DoesNotFire(WhyNot.LEVEL_NOT_CROSSED)
            return Asked(of_amount(mandate.amount, left, mandate.fee_bps))
        case Kind.SHARE:
            share = share_owed(mandate, state, _feed(moment), moment.loan_decimals)
            if share.owed == 0:
                raise _DoesNotFire(WhyNot.NO_REVENUE)
            return Asked(of_amount(share.owed, left, mandate.fee_bps), share)
    assert_never(mandate.kind)


def _feed(moment: Moment) -> FeedReading:
    if moment.feed is None:
        raise _DoesNotFire(WhyNot.FEED_UNAVAILABLE)
    return moment.feed


def _needed(mandate: Mandate, line: LineState, repayment: Repayment, moment: Moment) -> Wei:
    needed = needed_in_kind if mandate.source is From.COLLATERAL else needed_in_cash
    try:
        return needed(line, moment.terms, repayment, moment.oracle)
    except NothingDue as error:
        raise _DoesNotFire(_NOTHING_NEEDED[mandate.kind]) from error
    except PriceUnavailable as error:
        raise _DoesNotFire(WhyNot.PRICE_UNAVAILABLE) from error


def _pay(mandate: Mandate, repayment: Repayment, moment: Moment) -> Transition:
    line, terms, now = moment.line, moment.terms, moment.now
    try:
        if mandate.source is From.COLLATERAL:
            if line.collateral == 0:
                raise _DoesNotFire(WhyNot.SOURCE_EMPTY)
            return repay_in_kind(line, terms, repayment, moment.oracle, now)
        deposited = topped_up(line, terms, repayment, moment) if mandate.source is From.TOP_UP else None
        if deposited is not None:
            line = deposited.state
        if line.reserve == 0:
            raise _DoesNotFire(WhyNot.SOURCE_EMPTY)
        paid = repay_from_reserve(line, terms, repayment, moment.oracle, now)
        return paid if deposited is None else replace(paid, flows=deposited.flows + paid.flows)
    except CreditError as error:
        raise _DoesNotFire(_REASONS[type(error)]) from error


def _after(
    mandate: Mandate, state: MandateState, firing: Firing, share: ShareOwed | None, moment: Moment
) -> MandateState:
    """The period closes when the need is met or the cap is spent, so that nobody can use it up with one wei."""
    current = in_period(mandate, state, moment.now)
    spent = current.spent + firing.spent
    fired = replace(
        current,
        spent=spent,
        fires=current.fires + 1,
        closed=firing.pays == firing.need or spent == mandate.cap_per_period,
    )
    if share is None:
        return fired
    return replace(fired, mark=share.mark, carry=share_paid(share, firing.pays, _feed(moment)))
