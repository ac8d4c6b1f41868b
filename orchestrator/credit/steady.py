"""How long a line stays as it is but for its debt, and how the debt grows until then.

For whoever shows the same lines from block to block: to work one out anew costs far more than a multiplication.
"""

from dataclasses import dataclass

from orchestrator.credit.accrual import boundary_after
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, Numerator, Timestamp, Wei, div_up


@dataclass(frozen=True, slots=True)
class Steady:
    """A line from ``since`` to the second before ``until``, if nobody acts; None: for ever.

    Attributes:
        principal: in loan base units.
        charges: unpaid ones at ``since``, billed or not, over ``DEN``.
        charges_per_s: by which they grow each second.
    """

    since: Timestamp
    until: Timestamp | None
    principal: Wei
    charges: Numerator
    charges_per_s: Numerator

    def holds_at(self, t: Timestamp) -> bool:
        return self.since <= t and (self.until is None or t < self.until)

    def debt(self, t: Timestamp) -> Wei:
        """All that is owed at a ``t`` for which this holds, rounded up once, as ``accrual.debt``."""
        return Wei(self.principal + div_up(self.charges + self.charges_per_s * (t - self.since), DEN))


def steady(state: LineState, terms: Terms) -> Steady:
    """Of a state accrued to now: until when its bill, its status and what is due next stay as they are."""
    charges_per_s = _charges_per_s(state, terms)
    return Steady(
        since=state.accrued_at,
        until=_steady_until(state, terms, charges_per_s),
        principal=state.principal,
        charges=Numerator(state.unbilled + state.billed),
        charges_per_s=charges_per_s,
    )


def _charges_per_s(state: LineState, terms: Terms) -> Numerator:
    """The slope of ``accrual.advance`` right after ``state.accrued_at``."""
    if state.over:
        return Numerator(0)
    per_s = state.principal * terms.apr_bps
    if state.accrued_at < terms.window_ends_at:
        per_s += state.undrawn * terms.commitment_bps
    if state.bill_unpaid and state.accrued_at >= state.unpaid_since + terms.grace_s:
        per_s += state.principal * terms.penalty_bps
    return Numerator(per_s)


def _steady_until(state: LineState, terms: Terms, charges_per_s: Numerator) -> Timestamp | None:
    if state.over:
        return None
    now = state.accrued_at
    turns = [terms.window_ends_at]
    if now < terms.matures_at:
        turns.append(boundary_after(terms, now))
    elif charges_per_s:
        turns.append(Timestamp(now + 1))  # from maturity on, what accrues is due at once
    if state.bill_unpaid:
        # DUE is a bill for one second, the penalty begins with the last of its grace, default after that.
        grace_ends_at = state.unpaid_since + terms.grace_s
        turns += [Timestamp(state.unpaid_since + 1), Timestamp(grace_ends_at), Timestamp(grace_ends_at + 1)]
    return min((turn for turn in turns if turn > now), default=None)
