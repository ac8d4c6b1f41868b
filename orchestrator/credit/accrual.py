"""What a line owes at any second: one function of its stored facts and time.

``advance`` is exact and O(1): charges are numerators over ``DEN`` and whole periods are counted, never walked. Because
it composes (``advance(advance(s, t1), t2) == advance(s, t2)``), it does not matter who pokes a line, or how often.
"""

from dataclasses import replace

from orchestrator.credit.errors import TimeBeforeAccrual
from orchestrator.credit.state import NEVER_UNPAID, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, DEN, Numerator, Timestamp, Wei, div_up, mul_div_up


def boundary_at_or_before(terms: Terms, t: Timestamp) -> Timestamp:
    """Start of the period that contains ``t`` ≥ ``opened_at``."""
    return Timestamp(t - (t - terms.opened_at) % terms.period_s)


def boundary_after(terms: Terms, t: Timestamp) -> Timestamp:
    """nextB(t): the first billing second after ``t`` < maturity; maturity is one, whatever the period."""
    return Timestamp(min(terms.matures_at, boundary_at_or_before(terms, t) + terms.period_s))


def unpaid_from(state: LineState, terms: Terms) -> Timestamp | None:
    """s: since when a bill is, or will be, unpaid if nobody draws or pays; None when there never will be one."""
    if state.bill_unpaid:
        return state.unpaid_since
    if state.accrued_at >= terms.matures_at:
        return None
    next_bill_at = boundary_after(terms, state.accrued_at)
    if _charges_without_penalty(state, terms, next_bill_at) > 0:
        return next_bill_at
    if state.principal and terms.amort_bps and terms.window_ends_at < terms.matures_at:
        return boundary_after(terms, max(state.accrued_at, terms.window_ends_at))
    return terms.matures_at if state.principal else None


def advance(state: LineState, terms: Terms, t: Timestamp) -> LineState:
    """The state as it stands at ``t`` if nobody acts until then.

    Raises:
        TimeBeforeAccrual: ``t`` is before ``state.accrued_at``.
    """
    if t < state.accrued_at:
        raise TimeBeforeAccrual(t, state.accrued_at)
    if t == state.accrued_at:
        return state
    unpaid_since = unpaid_from(state, terms)
    charges = _charges(state, terms, unpaid_since, t)
    billed, unbilled, billed_principal = state.billed, charges, state.billed_principal
    last_boundary = boundary_at_or_before(terms, t)
    if t >= terms.matures_at:
        billed, unbilled, billed_principal = Numerator(billed + charges), Numerator(0), state.principal
    elif last_boundary > state.accrued_at:
        charges_billed = _charges(state, terms, unpaid_since, last_boundary)
        billed, unbilled = Numerator(billed + charges_billed), Numerator(charges - charges_billed)
        billed_principal = _billed_principal(state, terms, last_boundary)
    if unpaid_since is None or (billed == 0 and billed_principal == 0):
        unpaid_since = NEVER_UNPAID
    return replace(
        state,
        accrued_at=t,
        unbilled=unbilled,
        billed=billed,
        billed_principal=billed_principal,
        unpaid_since=unpaid_since,
    )


def due(state: LineState) -> Wei:
    """Billed and unpaid as of ``state.accrued_at``, rounded up."""
    return Wei(div_up(state.billed, DEN) + state.billed_principal)


def debt(state: LineState) -> Wei:
    """All that is owed as of ``state.accrued_at``, rounded up once."""
    return Wei(state.principal + div_up(state.unbilled + state.billed, DEN))


def _charges_without_penalty(state: LineState, terms: Terms, t: Timestamp) -> Numerator:
    """base(t): unbilled charges at ``t``, interest and the commitment fee, which stops with the draw window."""
    window_ends_at = terms.window_ends_at
    interest = state.principal * terms.apr_bps * (t - state.accrued_at)
    commitment = state.undrawn * terms.commitment_bps * (min(t, window_ends_at) - min(state.accrued_at, window_ends_at))
    return Numerator(state.unbilled + interest + commitment)


def _charges(state: LineState, terms: Terms, unpaid_since: Timestamp | None, t: Timestamp) -> Numerator:
    """C(t): the same with the penalty, which runs on the whole principal once the grace of a bill is over."""
    charges = _charges_without_penalty(state, terms, t)
    if unpaid_since is None:
        return charges
    penalised_from = unpaid_since + terms.grace_s
    penalised = max(t, penalised_from) - max(state.accrued_at, penalised_from)
    return Numerator(charges + state.principal * terms.penalty_bps * penalised)


def _billed_principal(state: LineState, terms: Terms, last_boundary: Timestamp) -> Wei:
    """A at ``last_boundary``: one instalment more for each boundary passed after the draw window, at most P."""
    counted_to = max(state.accrued_at, terms.window_ends_at)
    if last_boundary <= counted_to:
        return state.billed_principal
    boundaries = (last_boundary - boundary_at_or_before(terms, counted_to)) // terms.period_s
    instalment = mul_div_up(state.principal, terms.amort_bps, BPS)
    return Wei(min(state.principal, state.billed_principal + boundaries * instalment))
