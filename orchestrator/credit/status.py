"""Where a line stands with its bills. Health, debt against collateral, is a separate question (``health``)."""

from enum import IntEnum

from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms


class Status(IntEnum):
    """Contract: ``Status``, where 0 is a line that does not exist."""

    CURRENT = 1
    DUE = 2
    PAST_DUE = 3
    DEFAULT = 4
    CLOSED = 5
    WRITTEN_OFF = 6


def status(state: LineState, terms: Terms) -> Status:
    """Status at ``state.accrued_at`` of a state accrued to now.

    A bill is DUE for the one second in which it appears, PAST_DUE until the grace is over, and DEFAULT from the first
    second after that.
    """
    if state.written_off:
        return Status.WRITTEN_OFF
    if state.closed:
        return Status.CLOSED
    if not state.bill_unpaid:
        return Status.CURRENT
    if state.accrued_at == state.unpaid_since:
        return Status.DUE
    if state.accrued_at <= state.unpaid_since + terms.grace_s:
        return Status.PAST_DUE
    return Status.DEFAULT


def in_default(state: LineState, terms: Terms) -> bool:
    """Whether a state accrued to now is in default: the grace of its bill is over."""
    return status(state, terms) is Status.DEFAULT
