"""From mirrored rows to the values of the credit rules."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.credit.mandate import From, Kind, Mandate, MandateState
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import HOUR, Bps, CollateralWei, Numerator, Seconds, Timestamp, Wei
from orchestrator.db.facts import StateFacts, TermsFacts
from orchestrator.db.models import Firing
from orchestrator.db.models import Mandate as MandateRow


def state_of(row: StateFacts) -> LineState:
    """The stored state, not accrued to the present."""
    return LineState(
        seq=row.seq,
        principal=Wei(row.principal),
        undrawn=Wei(row.undrawn),
        accrued_at=Timestamp(row.accrued_at),
        unbilled=Numerator(row.unbilled),
        billed=Numerator(row.billed),
        billed_principal=Wei(row.billed_principal),
        unpaid_since=Timestamp(row.unpaid_since),
        collateral=CollateralWei(row.collateral),
        reserve=Wei(row.reserve),
        claim_loan=Wei(row.claim_loan),
        claim_collateral=CollateralWei(row.claim_collateral),
        flags=LineFlags(row.flags),
    )


def terms_of(row: TermsFacts, min_debt: int) -> Terms:
    """``min_debt`` is that of the line's market. Raises BadTerms."""
    return Terms(
        apr_bps=Bps(row.apr_bps),
        commitment_bps=Bps(row.commitment_bps),
        penalty_bps=Bps(row.penalty_bps),
        initial_ltv_bps=Bps(row.initial_ltv_bps),
        liquidation_ltv_bps=Bps(row.liquidation_ltv_bps),
        bonus_bps=Bps(row.bonus_bps),
        in_kind_ltv_bps=Bps(row.in_kind_ltv_bps),
        in_kind_discount_bps=Bps(row.in_kind_discount_bps),
        amort_bps=Bps(row.amort_bps),
        period_s=Seconds(row.period_hours * HOUR),
        grace_s=Seconds(row.grace_hours * HOUR),
        draw_window_s=Seconds(row.draw_window_hours * HOUR),
        term_s=Seconds(row.term_hours * HOUR),
        opened_at=Timestamp(row.opened_at),
        min_debt=Wei(min_debt),
    )


def mandate_of(row: MandateRow) -> Mandate:
    """Raises BadMandate."""
    return Mandate(
        line_id=row.line_id,
        kind=Kind[row.kind.upper()],
        source=From[row.source.upper()],
        threshold_bps=Bps(row.threshold_bps),
        share_bps=Bps(row.share_bps),
        fee_bps=Bps(row.fee_bps),
        period_hours=row.period_hours,
        cap_per_period=row.cap_per_period,
        amount=Wei(row.amount),
        feed=row.feed,
        above=row.above,
        level=row.level,
        expiry=Timestamp(row.expires_at),
        nonce=row.nonce,
    )


def mandate_state_of(row: MandateRow, firings: Sequence[Firing], *, revoked: bool) -> MandateState:
    """What the trigger contract remembers, but for what a SHARE mandate has counted: that is in no event.

    ``firings`` are those of the newest period fired in, oldest first.
    """
    registered_at = Timestamp(row.registered_at)
    if not firings:
        return MandateState(registered_at, revoked=revoked)
    newest = firings[-1]
    return MandateState(
        registered_at,
        period=newest.period,
        spent=sum(firing.spent for firing in firings),
        fires=newest.occurrence + 1,
        closed=newest.closed,
        revoked=revoked,
    )
