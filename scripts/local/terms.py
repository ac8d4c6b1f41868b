"""What people on a local chain agree on: an offer, a line under it, three mandates, in the pure rules' own types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.offer import Offer
from orchestrator.credit.units import BPS, PRICE_SCALE, Bps, CollateralWei, PriceE36, Timestamp, Wei, mul_div_up

USDC: Final = 10**6
WETH: Final = 10**18

INITIAL_LTV_BPS: Final = Bps(5_000)
RESERVE_THRESHOLD_BPS: Final = Bps(5_500)
IN_KIND_LTV_BPS: Final = Bps(6_300)
LIQUIDATION_LTV_BPS: Final = Bps(8_000)
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


@dataclass(frozen=True, slots=True)
class Deal:
    """How large a line is. Amounts in base units; caps are those of one mandate period: an hour, for bills a day.

    `ltv_at_draw_bps`: the collateral is worth what makes the draw this much of it.
    """

    limit: Wei
    drawn: Wei
    ltv_at_draw_bps: Bps
    reserve: Wei
    reserve_cap: Wei
    in_kind_cap: CollateralWei
    bill_cap: Wei

    def collateral_at(self, price: PriceE36) -> CollateralWei:
        """What the borrower brings: whole WETH, rounded up."""
        value = mul_div_up(self.drawn, BPS, self.ltv_at_draw_bps)
        return CollateralWei(mul_div_up(value, PRICE_SCALE, price * WETH) * WETH)

    def offer(self, parties: Parties, price: PriceE36, now: Timestamp, group: int = 0) -> Offer:
        """What the lender signs at chain time `now`, when the market is at `price`. One line exhausts its group."""
        return Offer(
            lender=parties.lender,
            borrower=parties.borrower,
            loan_token=parties.loan_token,
            collateral_token=parties.collateral_token,
            oracle=parties.oracle,
            limit=self.limit,
            min_collateral=self.collateral_at(price),
            apr_bps=Bps(1_200),
            origination_bps=Bps(50),
            commitment_bps=Bps(100),
            penalty_bps=Bps(500),
            initial_ltv_bps=INITIAL_LTV_BPS,
            liquidation_ltv_bps=LIQUIDATION_LTV_BPS,
            bonus_bps=Bps(500),
            in_kind_ltv_bps=IN_KIND_LTV_BPS,
            in_kind_discount_bps=Bps(300),
            amort_bps=Bps(100),
            period_hours=PERIOD_HOURS,
            grace_hours=12,
            draw_window_hours=DRAW_WINDOW_HOURS,
            term_hours=TERM_HOURS,
            expiry=Timestamp(now + OFFER_VALID_S),
            group=group,
            group_cap=self.limit,
            epoch=0,
        )

    def mandates(self, line_id: int, now: Timestamp) -> tuple[Mandate, ...]:
        """What the borrower signs: back to the initial LTV from the reserve, the same in kind, bills from the reserve.

        Their nonces follow from the line's id.
        """
        expiry, nonce = Timestamp(now + MANDATE_VALID_S), 3 * line_id
        return (
            _mandate(line_id, Kind.LTV, From.RESERVE, RESERVE_THRESHOLD_BPS, 1, self.reserve_cap, expiry, nonce),
            _mandate(line_id, Kind.LTV, From.COLLATERAL, IN_KIND_LTV_BPS, 1, self.in_kind_cap, expiry, nonce + 1),
            _mandate(line_id, Kind.DUE, From.RESERVE, Bps(0), PERIOD_HOURS, self.bill_cap, expiry, nonce + 2),
        )


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
