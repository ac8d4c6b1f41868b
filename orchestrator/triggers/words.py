"""Why something is done to a line, in one sentence for people."""

from __future__ import annotations

from decimal import Decimal

from orchestrator.chain.book import BookMarket
from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.health import ltv_bps_up
from orchestrator.credit.mandate import From, Kind
from orchestrator.credit.operations import Party
from orchestrator.credit.status import in_default
from orchestrator.credit.units import PRICE_SCALE, PriceE36, Timestamp, Wei
from orchestrator.triggers.evaluation import Wanted
from orchestrator.triggers.lines import StandingLine


def why(wanted: Wanted, market: BookMarket) -> str:
    """The cause with its numbers, and what is paid from where."""
    return f"{_cause(wanted, market)}: {_payment(wanted, market)}"


def why_liquidatable(line: StandingLine, measuring_price: PriceE36 | None, now: Timestamp) -> str:
    """Which of the two conditions holds, with its numbers."""
    state = advance(line.state, line.terms, now)
    if in_default(state, line.terms):
        return "its bill is unpaid beyond the grace period"
    ltv_bps = None if measuring_price is None else ltv_bps_up(state, measuring_price)
    if ltv_bps is None:
        return "it has debt and no collateral"
    return f"its debt is {percent(ltv_bps)} of the collateral's value, above {percent(line.terms.liquidation_ltv_bps)}"


def why_terminable(line: StandingLine, released: Wei, market: BookMarket, now: Timestamp) -> str:
    """Which of the two conditions holds, and what is released."""
    over = now >= line.terms.window_ends_at
    cause = "its draw window is over" if over else "its bill is unpaid beyond the grace period"
    return f"{cause}: the {_loan(released, market)} left to draw go to the holder's claim"


def amount(base_units: int, decimals: int, symbol: str) -> str:
    """`1,234.5 USDC`."""
    shown = f"{Decimal(base_units).scaleb(-decimals):,f}"
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown} {symbol}"


def percent(bps: int) -> str:
    """`78.3 %`."""
    return f"{Decimal(bps).scaleb(-2).normalize():f} %"


def price(price_e36: PriceE36, market: BookMarket) -> str:
    """What one whole collateral token is worth in whole loan tokens."""
    whole = Decimal(price_e36).scaleb(market.collateral_decimals - market.loan_decimals) / PRICE_SCALE
    return f"{whole.normalize():,.8f}".rstrip("0").rstrip(".") + f" {market.loan_symbol}"


def _cause(wanted: Wanted, market: BookMarket) -> str:
    mandate, line = wanted.standing.mandate, wanted.before
    match mandate.kind:
        case Kind.DUE:
            return f"a bill of {_loan(due(line), market)} is due"
        case Kind.LTV:
            return _above_threshold(wanted, market)
        case Kind.LEVEL:
            return f"the feed is {'above' if mandate.above else 'below'} {mandate.level}"
        case Kind.SHARE:
            return f"the share of revenue comes to {_loan(wanted.firing.need, market)}"


def _above_threshold(wanted: Wanted, market: BookMarket) -> str:
    threshold_bps = max(wanted.standing.mandate.threshold_bps, wanted.line.terms.initial_ltv_bps)
    owed = f"the debt of {_loan(debt(wanted.before), market)}"
    measured = wanted.oracle.measuring_price
    ltv_bps = None if measured is None else ltv_bps_up(wanted.before, measured)
    if measured is None or ltv_bps is None:
        return f"{owed} has no collateral"
    at = f"at {price(measured, market)} for one {market.collateral_symbol}"
    return f"{owed} is {percent(ltv_bps)} of the collateral's value {at}, above {percent(threshold_bps)}"


def _payment(wanted: Wanted, market: BookMarket) -> str:
    firing = wanted.firing
    part = "" if firing.pays == firing.need else f" of {_loan(firing.need, market)} needed"
    if wanted.standing.mandate.source is From.COLLATERAL:
        seized = amount(firing.seized, market.collateral_decimals, market.collateral_symbol)
        return f"pays {_loan(firing.pays, market)}{part} in kind with {seized}"
    flows = firing.transition.flows if firing.transition else ()
    taken = sum(flow.amount for flow in flows if flow.payer is Party.BORROWER)
    topped_up = f", with {_loan(taken, market)} from the borrower's wallet" if taken else ""
    return f"pays {_loan(firing.pays, market)}{part} from the reserve{topped_up}"


def _loan(base_units: int, market: BookMarket) -> str:
    return amount(base_units, market.loan_decimals, market.loan_symbol)
