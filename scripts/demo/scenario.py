"""Who agrees on what in the demo: one offer, one line under it, three mandates. Built from the pure rules' own types.

The amounts are chosen so that in `crash.rounds()` the reserve pays first, collateral pays in kind when the fall outruns
the reserve's hourly cap, a bill is met on its due date, and no price makes the line liquidatable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.offer import Offer
from orchestrator.credit.units import BPS, PRICE_SCALE, Bps, CollateralWei, PriceE36, Timestamp, Wei, mul_div_up

USDC: Final = 10**6
WETH: Final = 10**18

LIMIT: Final = Wei(1_000_000 * USDC)
DRAWN: Final = Wei(940_000 * USDC)
RESERVE: Final = Wei(250_000 * USDC)
LTV_AT_DRAW_BPS: Final = Bps(4_823)
"""The collateral is worth what makes the draw this much of it: 10,000 WETH at 194.90."""

RESERVE_THRESHOLD_BPS: Final = Bps(5_500)
RESERVE_CAP: Final = Wei(30_000 * USDC)
IN_KIND_LTV_BPS: Final = Bps(6_300)
IN_KIND_CAP: Final = CollateralWei(1_200 * WETH)
BILL_CAP: Final = Wei(50_000 * USDC)
KEEPER_FEE_BPS: Final = Bps(10)

PERIOD_HOURS: Final = 24
DRAW_WINDOW_HOURS: Final = 12
TERM_HOURS: Final = 90 * 24
OFFER_VALID_S: Final = 3_600
MANDATE_VALID_S: Final = TERM_HOURS * 3_600


@dataclass(frozen=True, slots=True)
class Parties:
    """Addresses: lower case or checksummed, as long as one form is used throughout."""

    lender: str
    borrower: str
    loan_token: str
    collateral_token: str
    oracle: str


def collateral_at(price: PriceE36) -> CollateralWei:
    """What the borrower brings: whole WETH, rounded up."""
    value = mul_div_up(DRAWN, BPS, LTV_AT_DRAW_BPS)
    return CollateralWei(mul_div_up(value, PRICE_SCALE, price * WETH) * WETH)


def offer(parties: Parties, price: PriceE36, now: Timestamp) -> Offer:
    """What the lender signs, at chain time `now` and the market's first price."""
    return Offer(
        lender=parties.lender,
        borrower=parties.borrower,
        loan_token=parties.loan_token,
        collateral_token=parties.collateral_token,
        oracle=parties.oracle,
        limit=LIMIT,
        min_collateral=collateral_at(price),
        apr_bps=Bps(1_200),
        origination_bps=Bps(50),
        commitment_bps=Bps(100),
        penalty_bps=Bps(500),
        initial_ltv_bps=Bps(5_000),
        liquidation_ltv_bps=Bps(8_000),
        bonus_bps=Bps(500),
        in_kind_ltv_bps=IN_KIND_LTV_BPS,
        in_kind_discount_bps=Bps(300),
        amort_bps=Bps(100),
        period_hours=PERIOD_HOURS,
        grace_hours=12,
        draw_window_hours=DRAW_WINDOW_HOURS,
        term_hours=TERM_HOURS,
        expiry=Timestamp(now + OFFER_VALID_S),
        group=0,
        group_cap=LIMIT,
        epoch=0,
    )


def mandates(line_id: int, now: Timestamp) -> tuple[Mandate, ...]:
    """What the borrower signs: back to the initial LTV from the reserve, the same in kind, bills from the reserve."""
    expiry = Timestamp(now + MANDATE_VALID_S)
    return (
        _mandate(line_id, Kind.LTV, From.RESERVE, RESERVE_THRESHOLD_BPS, 1, RESERVE_CAP, expiry, nonce=1),
        _mandate(line_id, Kind.LTV, From.COLLATERAL, IN_KIND_LTV_BPS, 1, IN_KIND_CAP, expiry, nonce=2),
        _mandate(line_id, Kind.DUE, From.RESERVE, Bps(0), PERIOD_HOURS, BILL_CAP, expiry, nonce=3),
    )


def offer_in_words(terms: Offer) -> tuple[str, ...]:
    """What the lender offers, for people."""
    limit, collateral = f"{terms.limit // USDC:,} USDC", f"{terms.min_collateral // WETH:,} WETH"
    return (
        f"{limit} at {terms.apr_bps / 100:g} % a year against {collateral}, drawn up to"
        f" {terms.initial_ltv_bps / 100:g} % of its value,",
        f"a bill every {terms.period_hours} h, later with {terms.amort_bps / 100:g} % of the principal in it,",
        f"payable in kind above {terms.in_kind_ltv_bps / 100:g} %, liquidated above"
        f" {terms.liquidation_ltv_bps / 100:g} %",
    )


def in_words(mandate: Mandate) -> str:
    """A mandate of this scenario as its borrower would say it."""
    per_period = "an hour" if mandate.period_hours == 1 else f"in {mandate.period_hours} h"
    if mandate.kind is Kind.DUE:
        return f"pay each bill from the reserve, at most {mandate.cap_per_period // USDC:,} USDC {per_period}"
    if mandate.source is From.RESERVE:
        cap, means = f"{mandate.cap_per_period // USDC:,} USDC", "from the reserve"
    else:
        cap, means = f"{mandate.cap_per_period // WETH:,} WETH", "in kind"
    return f"above {mandate.threshold_bps / 100:g} % of the value, pay {means}, at most {cap} {per_period}"


def _mandate(
    line_id: int,
    kind: Kind,
    source: From,
    threshold_bps: Bps,
    period_hours: int,
    cap_per_period: int,
    expiry: Timestamp,
    nonce: int,
) -> Mandate:
    return Mandate(
        line_id=line_id,
        kind=kind,
        source=source,
        threshold_bps=threshold_bps,
        share_bps=Bps(0),
        fee_bps=KEEPER_FEE_BPS,
        period_hours=period_hours,
        cap_per_period=cap_per_period,
        amount=Wei(0),
        feed=NO_FEED,
        above=False,
        level=0,
        expiry=expiry,
        nonce=nonce,
    )
