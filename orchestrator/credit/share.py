"""What a SHARE mandate owes: a share of what a cumulative revenue feed grew by, kept as an exact numerator.

The feed answers in whole loan tokens with ``decimals`` decimals, like every Chainlink-shaped feed.
"""

from dataclasses import dataclass

from orchestrator.credit.mandate import Mandate, MandateState
from orchestrator.credit.units import BPS, Wei, div_up


@dataclass(frozen=True, slots=True)
class FeedReading:
    """The latest round of the feed that a LEVEL or SHARE mandate names."""

    answer: int
    decimals: int


@dataclass(frozen=True, slots=True)
class ShareOwed:
    """``owed`` in loan base units, rounded down; ``mark`` and ``carry`` as they are once it is counted."""

    owed: Wei
    mark: int
    carry: int


def share_denominator(feed: FeedReading) -> int:
    """Denominator of ``MandateState.carry``: one wei of revenue share in the feed's own resolution."""
    return BPS * int(10**feed.decimals)


def share_owed(mandate: Mandate, state: MandateState, feed: FeedReading, loan_decimals: int) -> ShareOwed:
    """carry + share·max(0, answer − mark). A feed that falls is waited for: the mark never goes back."""
    mark = max(state.mark, feed.answer)
    carry = state.carry + (mark - state.mark) * mandate.share_bps * int(10**loan_decimals)
    return ShareOwed(Wei(carry // share_denominator(feed)), mark, carry)


def answer_that_owes(mandate: Mandate, state: MandateState, feed_decimals: int, loan_decimals: int) -> int | None:
    """The smallest answer at which one loan base unit is owed; None when it is owed already, whatever the answer."""
    missing = share_denominator(FeedReading(0, feed_decimals)) - state.carry
    if missing <= 0:
        return None
    return state.mark + div_up(missing, mandate.share_bps * int(10**loan_decimals))


def share_paid(owed: ShareOwed, paid: Wei, feed: FeedReading) -> int:
    """The carry after ``paid`` ≤ ``owed``."""
    return owed.carry - paid * share_denominator(feed)
