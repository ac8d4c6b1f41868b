"""What to do about a transaction that is not mined yet: wait, send the same bytes again, or replace it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from orchestrator.transactions.breaker import BreakerPolicy
from orchestrator.transactions.budget import BudgetPolicy
from orchestrator.transactions.confirmations import Finding
from orchestrator.transactions.fees import Fees, replacement_fees
from orchestrator.transactions.node import View

MAX_TRANSACTION_GAS: Final = 1 << 24
"""EIP-7825."""


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """How the sender behaves; amounts in wei.

    Attributes:
        max_fee_per_gas_wei: nothing is ever offered above this.
        gas_margin_percent: added to the node's estimate, since the state moves until a transaction is mined.
        replace_after_blocks: the next transaction in line is replaced when so many blocks went by without it.
        max_in_flight: nonces held at once; nodes drop more than a handful of one sender.
        dry_run: simulates, and says what it would send; signs and sends nothing new.
        only_profitable: leaves alone what would bring less than its gas costs at the present fees, where that is known.
        max_gas: a transaction that needs more goes out in parts. EIP-7825 allows no more in any. Blocks bound it, too.
        budget: what a signer may spend on gas in a period; None: what it has.
        breaker: what stops the sending until a person resumes it.
    """

    max_fee_per_gas_wei: int
    gas_margin_percent: int = 25
    replace_after_blocks: int = 3
    max_in_flight: int = 16
    dry_run: bool = False
    only_profitable: bool = True
    max_gas: int = MAX_TRANSACTION_GAS
    budget: BudgetPolicy | None = None
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)


class Action(StrEnum):
    WAIT = "wait"
    BROADCAST = "broadcast"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Decision:
    """``fees`` are those of the replacement, and there exactly with REPLACE. ``at_cap``: only the cap forbids one."""

    action: Action
    fees: Fees | None = None
    at_cap: bool = False


def decide(finding: Finding, view: View, *, known: bool, blocks_waited: int, policy: SendPolicy) -> Decision:
    """What to do about an unmined flight.

    ``known``: the node has the newest attempt, which was first seen waiting ``blocks_waited`` blocks ago. Nodes forget;
    a reorg, too, may leave a transaction nowhere. A replacement keeps the nonce (pitfall 31); one that the cap forbids
    waits until fees fall. What an operator cancels is replaced at once.
    """
    newest = finding.flight.newest
    overdue = finding.flight.nonce == view.nonce_at_head and blocks_waited >= policy.replace_after_blocks
    can_be_mined = newest.fees.can_be_mined(view.market.base_fee_wei)
    stuck = overdue or not can_be_mined or finding.flight.unwanted
    fees = replacement_fees(newest.fees, view.market, policy.max_fee_per_gas_wei) if stuck else None
    if fees is not None:
        return Decision(Action.REPLACE, fees)
    send = not newest.was_broadcast or (can_be_mined and not known)
    return Decision(Action.BROADCAST if send else Action.WAIT, at_cap=stuck)
