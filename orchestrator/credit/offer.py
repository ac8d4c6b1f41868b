"""What a lender signs, and what a fill of it comes to (contract: ``Offer``)."""

from dataclasses import dataclass
from typing import Final

from orchestrator.credit.errors import BadTerms, FillTooLarge, FillTooSmall, OfferExpired
from orchestrator.credit.terms import MAX_ORIGINATION_BPS, Terms
from orchestrator.credit.units import (
    BPS,
    HOUR,
    MAX_LIMIT,
    UINT96_MAX,
    Bps,
    CollateralWei,
    Seconds,
    Timestamp,
    Wei,
    mul_div_up,
    zero_floor_sub,
)

ANYONE: Final = "0x" + "00" * 20
"""As ``Offer.borrower``: whoever comes first."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One opening under an offer: what lender and borrower bring."""

    limit: Wei
    collateral: CollateralWei
    origination_fee: Wei


@dataclass(frozen=True, slots=True)
class Offer:
    """Field by field what is signed. Addresses are hex text; rates bps a year; durations whole hours from ``open``.

    ``min_collateral`` and the origination fee are those of the whole ``limit``. ``group_cap`` bounds what all offers of
    one (lender, loan token, group) lend together. Who may sign and fill, in which epoch, is the contract's to check.

    Raises:
        BadTerms: a term is out of its range.
    """

    lender: str
    borrower: str
    loan_token: str
    collateral_token: str
    oracle: str
    limit: Wei
    min_collateral: CollateralWei
    apr_bps: Bps
    origination_bps: Bps
    commitment_bps: Bps
    penalty_bps: Bps
    initial_ltv_bps: Bps
    liquidation_ltv_bps: Bps
    bonus_bps: Bps
    in_kind_ltv_bps: Bps
    in_kind_discount_bps: Bps
    amort_bps: Bps
    period_hours: int
    grace_hours: int
    draw_window_hours: int
    term_hours: int
    expiry: Timestamp
    group: int
    group_cap: Wei
    epoch: int

    def __post_init__(self) -> None:
        if not 0 < self.limit <= MAX_LIMIT:
            raise BadTerms("limit", self.limit, f"must be between 1 and {MAX_LIMIT}")
        if not 0 <= self.min_collateral <= UINT96_MAX:
            raise BadTerms("min_collateral", self.min_collateral, f"must be between 0 and {UINT96_MAX}")
        if not 0 <= self.origination_bps <= MAX_ORIGINATION_BPS:
            raise BadTerms("origination_bps", self.origination_bps, f"must be between 0 and {MAX_ORIGINATION_BPS} bps")
        self.terms(opened_at=Timestamp(0), min_debt=Wei(1))

    def terms(self, opened_at: Timestamp, min_debt: Wei) -> Terms:
        """The terms of a line opened at ``opened_at`` in a market of ``min_debt``."""
        return Terms(
            apr_bps=self.apr_bps,
            commitment_bps=self.commitment_bps,
            penalty_bps=self.penalty_bps,
            initial_ltv_bps=self.initial_ltv_bps,
            liquidation_ltv_bps=self.liquidation_ltv_bps,
            bonus_bps=self.bonus_bps,
            in_kind_ltv_bps=self.in_kind_ltv_bps,
            in_kind_discount_bps=self.in_kind_discount_bps,
            amort_bps=self.amort_bps,
            period_s=Seconds(self.period_hours * HOUR),
            grace_s=Seconds(self.grace_hours * HOUR),
            draw_window_s=Seconds(self.draw_window_hours * HOUR),
            term_s=Seconds(self.term_hours * HOUR),
            opened_at=opened_at,
            min_debt=min_debt,
        )

    def fill(self, amount: Wei, *, consumed: Wei, min_debt: Wei, now: Timestamp) -> Fill:
        """What opening a line of ``amount`` takes; ``consumed`` is what the offer's group has lent already.

        Raises:
            OfferExpired: ``now`` is after the expiry.
            FillTooSmall: less than the market's minimum debt.
            FillTooLarge: more than the limit, or than the group's cap leaves.
        """
        if now > self.expiry:
            raise OfferExpired(self.expiry, now)
        if amount < min_debt:
            raise FillTooSmall(amount, min_debt)
        left = min(self.limit, zero_floor_sub(self.group_cap, consumed))
        if amount > left:
            raise FillTooLarge(amount, left)
        return Fill(
            limit=amount,
            collateral=CollateralWei(mul_div_up(self.min_collateral, amount, self.limit)),
            origination_fee=Wei(mul_div_up(amount, self.origination_bps, BPS)),
        )
