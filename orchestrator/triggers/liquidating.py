"""Liquidations by our own keeper, where policy wants them: what it pays, and the least that it takes for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.credit.errors import CreditError
from orchestrator.credit.health import value_down
from orchestrator.credit.operations import Party, liquidate
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.units import BPS, UINT96_MAX, Bps, CollateralWei, Timestamp, Wei, mul_div_down, mul_div_up
from orchestrator.triggers.lines import StandingLine

_INTEREST_HEADROOM: tuple[int, int] = (1_001, 1_000)
"""The debt grows until the transaction is mined; what is not owed is not taken."""


@dataclass(frozen=True, slots=True)
class LiquidationPolicy:
    """Attributes:
    receiver: who gets the collateral. The signer pays, so it holds loan tokens and lets the vault take them.
    slippage_bps: how much less collateral than foreseen is still taken.
    """

    receiver: str
    slippage_bps: Bps


@dataclass(frozen=True, slots=True)
class Liquidation:
    """``repays`` and ``gains`` in loan base units, as foreseen; the others are what the call is made with."""

    line: StandingLine
    repays: Wei
    gains: Wei
    max_repaid: Wei
    min_seized: CollateralWei


def liquidation_of(
    line: StandingLine, oracle: OracleReading, now: Timestamp, policy: LiquidationPolicy
) -> Liquidation | None:
    """None when it can't be done now, or brings us less than it takes: then anybody else may do it."""
    try:
        done = liquidate(line.state, line.terms, Wei(UINT96_MAX), CollateralWei(0), oracle, now)
        price = oracle.to_measure()
    except CreditError:
        return None
    repays = Wei(sum(flow.amount for flow in done.flows if flow.payer is Party.CALLER))
    seized = CollateralWei(sum(flow.amount for flow in done.flows if flow.payee is Party.RECIPIENT))
    gains = value_down(seized, price) - repays
    if repays == 0 or gains < 0:
        return None
    return Liquidation(
        line,
        repays,
        Wei(gains),
        Wei(min(UINT96_MAX, mul_div_up(repays, *_INTEREST_HEADROOM))),
        CollateralWei(mul_div_down(seized, BPS - policy.slippage_bps, BPS)),
    )
