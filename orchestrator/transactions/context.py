"""What everything that sends for one signer on one chain works with."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.alerts import Alerts
from orchestrator.chain.contracts import Contract
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.db.session import Sessions
from orchestrator.metrics import Metrics
from orchestrator.transactions.outcomes import Outcomes
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.signers import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderContext:
    """Attributes:
    outcomes: who is told what becomes of an intent.
    contract: puts the revert data of our contracts into words.
    reached: called at each named step; a test kills the process there.
    """

    chain_id: int
    sessions: Sessions
    signer: Signer
    outcomes: Outcomes
    contract: Contract
    alerts: Alerts
    metrics: Metrics
    policy: SendPolicy
    reached: Reached = pass_by
