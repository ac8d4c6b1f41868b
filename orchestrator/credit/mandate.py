"""What a borrower signs so that repayments happen without it (contract: ``Mandate`` and ``MandateState``)."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from orchestrator.credit.errors import BadMandate
from orchestrator.credit.terms import MAX_KEEPER_FEE_BPS
from orchestrator.credit.units import BPS, HOUR, UINT16_MAX, UINT96_MAX, Bps, Seconds, Timestamp, Wei, zero_floor_sub

NO_FEED: Final = "0x" + "00" * 20


class Kind(IntEnum):
    """What makes a mandate fire.

    DUE: an unpaid bill. LTV: debt over value above a threshold; pays back to the initial LTV. LEVEL: a feed strictly
    beyond a level; pays a fixed amount. SHARE: a cumulative revenue feed; pays a share of what came in since its mark.
    """

    DUE = 0
    LTV = 1
    LEVEL = 2
    SHARE = 3


class From(IntEnum):
    """What a mandate pays from; COLLATERAL counts in collateral base units, the others in loan base units.

    TOP_UP: the reserve, after the borrower's wallet has filled it up with what it lacks for the payment and its fee, as
    far as the borrower's allowance to the trigger and its balance go.
    """

    RESERVE = 0
    COLLATERAL = 1
    TOP_UP = 2


@dataclass(frozen=True, slots=True)
class Mandate:
    """Field by field what is signed. Fields that the kind does not use are zero.

    Attributes:
        threshold_bps: LTV: fires when debt over value is above it.
        share_bps: SHARE: of the revenue, at most the whole.
        fee_bps: what the keeper may take on top of a payment.
        cap_per_period: bounds payment plus fee in each of the mandate's periods, in base units of the source's token.
        amount: LEVEL: what a firing pays, in loan base units.
        above: LEVEL: fires strictly above ``level`` if true, strictly below it if not.
        expiry: the last second in which it can fire.

    Raises:
        BadMandate: a field is out of its range, or set though the kind does not use it.
    """

    line_id: int
    kind: Kind
    source: From
    threshold_bps: Bps
    share_bps: Bps
    fee_bps: Bps
    period_hours: int
    cap_per_period: int
    amount: Wei
    feed: str
    above: bool
    level: int
    expiry: Timestamp
    nonce: int

    def __post_init__(self) -> None:
        _check_range("fee_bps", self.fee_bps, 0, MAX_KEEPER_FEE_BPS)
        _check_range("period_hours", self.period_hours, 1, UINT16_MAX)
        _check_range("cap_per_period", self.cap_per_period, 1, UINT96_MAX)
        _check_used(self.kind is Kind.LTV, "threshold_bps", self.threshold_bps, UINT16_MAX)
        _check_used(self.kind is Kind.SHARE, "share_bps", self.share_bps, BPS)
        _check_used(self.kind is Kind.LEVEL, "amount", self.amount, UINT96_MAX)
        _check_used(self.kind in (Kind.LEVEL, Kind.SHARE), "feed", int(self.feed, 16), 2**160 - 1)
        if self.kind is not Kind.LEVEL and (self.above or self.level):
            raise BadMandate("level", self.level, f"a {self.kind.name} mandate has neither level nor direction")

    @property
    def period_s(self) -> Seconds:
        return Seconds(self.period_hours * HOUR)


@dataclass(frozen=True, slots=True)
class MandateState:
    """What the trigger remembers of a mandate.

    Attributes:
        registered_at: its periods run from here.
        period: index of the period last fired in.
        spent: what left the source in that period, fees included.
        fires: firings so far; the occurrence in the key of the next one.
        closed: the need was met, or the cap spent, in that period.
        mark: SHARE: the answer up to which revenue was counted.
        carry: SHARE: counted and not yet paid, over ``share_denominator``; exact, so small shares are never lost.
    """

    registered_at: Timestamp
    period: int = 0
    spent: int = 0
    fires: int = 0
    closed: bool = False
    revoked: bool = False
    mark: int = 0
    carry: int = 0


def period_at(mandate: Mandate, state: MandateState, now: Timestamp) -> int:
    """Index of the mandate's period that contains ``now``."""
    return (now - state.registered_at) // mandate.period_s


def in_period(mandate: Mandate, state: MandateState, now: Timestamp) -> MandateState:
    """The state as it counts at ``now``: a new period starts with nothing spent, and open."""
    period = period_at(mandate, state, now)
    if period == state.period:
        return state
    return replace(state, period=period, spent=0, closed=False)


def cap_left(mandate: Mandate, state: MandateState, now: Timestamp) -> int:
    """What may still leave the source in the period that contains ``now``."""
    return zero_floor_sub(mandate.cap_per_period, in_period(mandate, state, now).spent)


def open_from(mandate: Mandate, state: MandateState, now: Timestamp) -> Timestamp | None:
    """First second, from ``now`` on, in which the mandate may fire; None when it never may again."""
    current = in_period(mandate, state, now)
    next_period_at = state.registered_at + (current.period + 1) * mandate.period_s
    first = Timestamp(next_period_at if current.closed else now)
    return None if state.revoked or first > mandate.expiry else first


def _check_range(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadMandate(field, value, f"must be between {low} and {high}")


def _check_used(used: bool, field: str, value: int, high: int) -> None:
    if used:
        _check_range(field, value, 1, high)
    elif value:
        raise BadMandate(field, value, "must be zero: this kind of mandate does not use it")
