"""How much a liquidation may repay, and what it takes for it. States are accrued to now by the caller.

The reserve pays first and costs the borrower no bonus. Only if the line is still unhealthy or in default does the
liquidator pay, at most what brings the debt back to the initial LTV, and takes collateral worth it plus the bonus.
"""

from dataclasses import dataclass

from orchestrator.credit.accrual import debt
from orchestrator.credit.health import exceeds_ltv, excess_over_initial_ltv_up, value_down
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.status import in_default
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    BPS,
    PRICE_SCALE,
    CollateralWei,
    PriceE36,
    Wei,
    div_up,
    mul_div_down,
    mul_div_up,
    zero_floor_sub,
)


@dataclass(frozen=True, slots=True)
class LiquidationLimit:
    """Attributes:
    max_repaid: the most that a liquidator may repay.
    seizes_all_at: K, the repayment for which all the collateral is seized.
    """

    max_repaid: Wei
    seizes_all_at: Wei


def liquidatable(state: LineState, terms: Terms, oracle: OracleReading) -> bool:
    """In default, or unhealthy at the measuring price. No price is needed in default, without collateral or debt.

    Raises:
        PriceUnavailable: the answer depends on a price that the oracle does not give.
    """
    if in_default(state, terms):
        return True
    if debt(state) == 0:
        return False
    return exceeds_ltv(debt(state), measured_value_down(state, oracle), terms.liquidation_ltv_bps)


def measured_value_down(state: LineState, oracle: OracleReading) -> Wei:
    """V at the measuring price; a line without collateral needs none."""
    return value_down(state.collateral, oracle.to_measure()) if state.collateral else Wei(0)


def reserve_payment(state: LineState, terms: Terms, oracle: OracleReading) -> Wei:
    """What the reserve pays first: in default the debt, else what restores the initial LTV, as far as it goes.

    In default no price is asked for, so a dead feed does not keep the reserve from the holder.
    """
    if in_default(state, terms):
        return min(state.reserve, debt(state))
    return min(state.reserve, excess_over_initial_ltv_up(state, terms, measured_value_down(state, oracle)))


def liquidation_limit(state: LineState, terms: Terms, value: Wei) -> LiquidationLimit:
    """The limit for a line that is still liquidatable after its reserve paid; ``value`` is V at the measuring price."""
    debt_wei = debt(state)
    seizes_all_at = Wei(mul_div_up(value, BPS, BPS + terms.bonus_bps))
    wanted = debt_wei if in_default(state, terms) else _restoring_repayment_up(debt_wei, terms, value)
    max_repaid = min(wanted, debt_wei, seizes_all_at)
    if 0 < debt_wei - max_repaid < terms.min_debt:
        max_repaid = min(debt_wei, seizes_all_at)
    return LiquidationLimit(max_repaid, seizes_all_at)


def seized_down(
    state: LineState, terms: Terms, limit: LiquidationLimit, repaid: Wei, measuring_price: PriceE36
) -> CollateralWei:
    """Collateral for ``repaid``, with the bonus: all of it at ``seizes_all_at``."""
    if repaid == limit.seizes_all_at:
        return state.collateral
    return CollateralWei(mul_div_down(repaid * (BPS + terms.bonus_bps), PRICE_SCALE, BPS * measuring_price))


def _restoring_repayment_up(debt_wei: Wei, terms: Terms, value: Wei) -> Wei:
    """x*: the repayment after which the debt is at the initial LTV of the collateral that is left."""
    incentive_bps = BPS + terms.bonus_bps
    excess = zero_floor_sub(debt_wei * BPS, terms.initial_ltv_bps * value)
    return Wei(div_up(excess * BPS, BPS * BPS - terms.initial_ltv_bps * incentive_bps))
