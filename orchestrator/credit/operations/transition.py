"""What an action leads to: the new state, who paid whom, and what was paid off."""

from dataclasses import dataclass, replace
from enum import Enum

from orchestrator.credit.errors import LineClosed
from orchestrator.credit.payment import Payment
from orchestrator.credit.state import LineState
from orchestrator.credit.units import Wei


class Token(Enum):
    LOAN = "loan"
    COLLATERAL = "collateral"


class Party(Enum):
    """Who a flow starts or ends at. CALLER sent the transaction; RECIPIENT is the address that it named.

    BORROWER is charged without a call of its own: a mandate tops its line's reserve up.
    """

    VAULT = "vault"
    BORROWER = "borrower"
    LENDER = "lender"
    CALLER = "caller"
    RECIPIENT = "recipient"
    KEEPER = "keeper"


@dataclass(frozen=True, slots=True)
class Flow:
    """One token transfer. Moves inside the vault, such as to the holder's claim, are no flows: the state shows them."""

    token: Token
    payer: Party
    payee: Party
    amount: int


@dataclass(frozen=True, slots=True)
class WriteOff:
    """What the holder lost (event ``WrittenOff``): ``charges`` are rounded up, so both add up to the debt."""

    principal: Wei
    charges: Wei


@dataclass(frozen=True, slots=True)
class Transition:
    """The result of one action; ``state.seq`` is one more than before."""

    state: LineState
    flows: tuple[Flow, ...] = ()
    payments: tuple[Payment, ...] = ()
    write_off: WriteOff | None = None


def transition(
    state: LineState, *flows: Flow, payments: tuple[Payment, ...] = (), write_off: WriteOff | None = None
) -> Transition:
    """Numbers the action; transfers of nothing do not happen."""
    moved = tuple(flow for flow in flows if flow.amount)
    return Transition(replace(state, seq=state.seq + 1), moved, payments, write_off)


def live(state: LineState) -> LineState:
    """Raises LineClosed when the line is closed or written off."""
    if state.over:
        raise LineClosed
    return state
