"""Opening a line under an offer."""

from orchestrator.credit.offer import Fill
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, transition
from orchestrator.credit.state import NEVER_UNPAID, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Numerator, Wei


def open_line(fill: Fill, terms: Terms) -> Transition:
    """The lender's money goes into undrawn, so that no draw ever fails for lack of it; the fee goes past the vault."""
    state = LineState(
        seq=0,
        principal=Wei(0),
        undrawn=fill.limit,
        accrued_at=terms.opened_at,
        unbilled=Numerator(0),
        billed=Numerator(0),
        billed_principal=Wei(0),
        unpaid_since=NEVER_UNPAID,
        collateral=fill.collateral,
        reserve=Wei(0),
        claim_loan=Wei(0),
        claim_collateral=CollateralWei(0),
    )
    return transition(
        state,
        Flow(Token.LOAN, Party.LENDER, Party.VAULT, fill.limit),
        Flow(Token.COLLATERAL, Party.CALLER, Party.VAULT, fill.collateral),
        Flow(Token.LOAN, Party.CALLER, Party.LENDER, fill.origination_fee),
    )
