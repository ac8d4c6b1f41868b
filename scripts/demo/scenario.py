"""How large the demo's line is, and what is agreed on, in words.

The amounts are chosen so that in `crash.rounds()` the reserve pays first, collateral pays in kind when the fall outruns
the reserve's hourly cap, a bill is met on its due date, and no price makes the line liquidatable.
"""

from __future__ import annotations

from typing import Final

from orchestrator.credit.mandate import From, Kind, Mandate
from orchestrator.credit.offer import Offer
from orchestrator.credit.units import Bps, CollateralWei, Wei
from scripts.local.terms import USDC, WETH, Deal

DEAL: Final = Deal(
    limit=Wei(1_000_000 * USDC),
    drawn=Wei(940_000 * USDC),
    ltv_at_draw_bps=Bps(4_823),
    reserve=Wei(250_000 * USDC),
    reserve_cap=Wei(30_000 * USDC),
    in_kind_cap=CollateralWei(1_200 * WETH),
    bill_cap=Wei(50_000 * USDC),
)
"""At 194.90 its collateral is 10,000 WETH."""


def offer_in_words(offer: Offer) -> tuple[str, ...]:
    """What the lender offers, for people."""
    limit, collateral = f"{offer.limit // USDC:,} USDC", f"{offer.min_collateral // WETH:,} WETH"
    return (
        f"{limit} at {offer.apr_bps / 100:g} % a year against {collateral}, drawn up to"
        f" {offer.initial_ltv_bps / 100:g} % of its value,",
        f"a bill every {offer.period_hours} h, later with {offer.amort_bps / 100:g} % of the principal in it,",
        f"payable in kind above {offer.in_kind_ltv_bps / 100:g} %, liquidated above"
        f" {offer.liquidation_ltv_bps / 100:g} %",
    )


def mandate_in_words(mandate: Mandate) -> str:
    """A mandate as its borrower would say it."""
    per_period = "an hour" if mandate.period_hours == 1 else f"in {mandate.period_hours} h"
    if mandate.kind is Kind.DUE:
        return f"a bill: from the reserve, at most {mandate.cap_per_period // USDC:,} USDC {per_period}"
    if mandate.source is From.RESERVE:
        cap, means = f"{mandate.cap_per_period // USDC:,} USDC", "from the reserve"
    else:
        cap, means = f"{mandate.cap_per_period // WETH:,} WETH", "in kind"
    return f"above {mandate.threshold_bps / 100:g} %: {means}, at most {cap} {per_period}"
