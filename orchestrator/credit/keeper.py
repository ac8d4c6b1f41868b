"""The keeper's fee for firing a mandate: on top of the payment, from the same source, inside the same budget."""

from orchestrator.credit.errors import FeeTooHigh
from orchestrator.credit.terms import MAX_KEEPER_FEE_BPS
from orchestrator.credit.units import BPS, Bps, Wei, mul_div_down


def check_fee_bps(fee_bps: Bps) -> None:
    """Raises FeeTooHigh above the vault's cap."""
    if fee_bps > MAX_KEEPER_FEE_BPS:
        raise FeeTooHigh(fee_bps, MAX_KEEPER_FEE_BPS)


def keeper_fee_down(paid: Wei, fee_bps: Bps) -> Wei:
    """⌊paid·fee⌋ in loan base units."""
    return Wei(mul_div_down(paid, fee_bps, BPS))


def largest_payment(budget: Wei, fee_bps: Bps) -> Wei:
    """The greatest payment that leaves, with its fee, at most ``budget``: paid + ⌊paid·fee⌋ ≤ budget."""
    return Wei(((budget + 1) * BPS - 1) // (BPS + fee_bps))
