"""Every money path of a line as a pure transition: the state before, the action, the state and the flows after.

Each does what the contract's function of that name does, to the wei, and raises what it reverts with. Who may call is
the contract's affair; what may happen is decided here.
"""

from orchestrator.credit.operations.credit import draw, repay, repay_from_reserve, repay_in_kind
from orchestrator.credit.operations.custody import deposit, deposit_reserve, withdraw, withdraw_reserve
from orchestrator.credit.operations.ending import claim, close, terminate
from orchestrator.credit.operations.liquidating import liquidate
from orchestrator.credit.operations.opening import open_line
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, WriteOff

__all__ = [
    "Flow",
    "Party",
    "Token",
    "Transition",
    "WriteOff",
    "claim",
    "close",
    "deposit",
    "deposit_reserve",
    "draw",
    "liquidate",
    "open_line",
    "repay",
    "repay_from_reserve",
    "repay_in_kind",
    "terminate",
    "withdraw",
    "withdraw_reserve",
]
