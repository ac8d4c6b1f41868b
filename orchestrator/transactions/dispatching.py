"""What is queued: simulated, weighed against policy, and then signed once, with the next nonce of the signer's lane."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.contracts import Contract
from orchestrator.chain.rpc import RpcError
from orchestrator.checkpoints import Reached
from orchestrator.db.models import Attempt
from orchestrator.db.session import Sessions
from orchestrator.metrics import Metrics
from orchestrator.transactions import intents, lanes
from orchestrator.transactions.broadcasting import Broadcaster
from orchestrator.transactions.budget import budget_of
from orchestrator.transactions.errors import ErrorKind, TransactionError, classify_simulation
from orchestrator.transactions.fees import Fees, expected_cost_wei, initial_fees
from orchestrator.transactions.holds import standing_holds
from orchestrator.transactions.intents import QueuedIntent
from orchestrator.transactions.node import Node, View
from orchestrator.transactions.outcomes import Outcomes
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.rotation import may_sign, note_spent
from orchestrator.transactions.signers import Signer
from orchestrator.transactions.states import IntentStatus
from orchestrator.transactions.steps import Step
from orchestrator.transactions.telling import SenderAlerts

log = logging.getLogger(__name__)


class Stop(Enum):
    """Why nothing more is signed now. FORBIDDEN: a hold was placed, or the key was retired, while we simulated."""

    AT_CAP = auto()
    BUDGET_SPENT = auto()
    FORBIDDEN = auto()


class Dispatcher:
    """Signs for one signer on one chain what nobody has signed yet."""

    def __init__(
        self,
        *,
        chain_id: int,
        sessions: Sessions,
        signer: Signer,
        outcomes: Outcomes,
        contract: Contract,
        broadcaster: Broadcaster,
        tell: SenderAlerts,
        metrics: Metrics,
        policy: SendPolicy,
        reached: Reached,
    ) -> None:
        self._chain_id = chain_id
        self._sessions = sessions
        self._signer = signer
        self._outcomes = outcomes
        self._contract = contract
        self._broadcaster = broadcaster
        self._tell = tell
        self._metrics = metrics
        self._policy = policy
        self._reached = reached

    async def send(self, waiting: Sequence[QueuedIntent], node: Node, view: View) -> Stop | None:
        """Sends them in order. Why it stopped before the end; None: it did not."""
        if not waiting:
            return None
        fees = initial_fees(view.market, self._policy.max_fee_per_gas_wei)
        if fees is None:
            return Stop.AT_CAP
        for intent in waiting:
            stop = await self._send_one(intent, fees, node, view)
            if stop is not None:
                return stop
        return None

    async def _send_one(self, intent: QueuedIntent, fees: Fees, node: Node, view: View) -> Stop | None:
        call = intent.call
        try:
            estimate = await node.estimate_gas(
                sender=self._signer.address, to=call.to, data=call.data, value_wei=call.value_wei
            )
        except RpcError as refusal:
            await self._refused(intent, classify_simulation(refusal, self._contract), node)
            return None
        self._reached(Step.SIMULATED)
        error = self._too_large(estimate) or await self._loss(intent, expected_cost_wei(estimate, view.market, fees))
        if error is not None:
            await self._refused(intent, error, node)
            return None
        with_margin = estimate * (100 + self._policy.gas_margin_percent) // 100
        gas_limit = min(with_margin, self._policy.max_gas)
        if self._policy.dry_run:
            await self._would_send(intent, gas_limit, fees)
            return None
        return await self._sign(intent, gas_limit, fees, node, view)

    async def _sign(self, intent: QueuedIntent, gas_limit: int, fees: Fees, node: Node, view: View) -> Stop | None:
        async with self._sessions.begin() as session:
            lane = await lanes.lock_lane(session, self._chain_id, self._signer.address, view.nonce_at_head)
            if not await may_sign(session, self._chain_id, self._signer.address):
                return Stop.FORBIDDEN
            if await standing_holds(session, self._chain_id):
                return Stop.FORBIDDEN
            if await self._spent(session, gas_limit * fees.max_fee_per_gas_wei):
                return Stop.BUDGET_SPENT
            overtaken = lanes.catch_up(lane, view.nonce_at_head)
            attempt = await lanes.sign_next(
                session, lane, self._signer, intent.intent_id, gas_limit=gas_limit, fees=fees
            )
            if attempt is not None:
                await self._outcomes.signed(session, intent.intent_id)
            self._reached(Step.SIGNED_UNCOMMITTED)
        self._reached(Step.SIGNED)
        if overtaken:
            await self._tell.overtaken(view.nonce_at_head)
        if attempt is not None:
            await self._broadcast_first(intent, attempt, node)
        return None

    async def _broadcast_first(self, intent: QueuedIntent, attempt: Attempt, node: Node) -> None:
        log.info("signed", extra={"intent": str(intent.intent_id), "tx": attempt.tx_hash})
        await self._broadcaster.broadcast(node, intent.intent_id, attempt)

    # ---------------------------------------------------------------- what policy says

    async def _spent(self, session: AsyncSession, cost_wei: int) -> bool:
        """Whether the signer's budget leaves less than what this may cost; noted for all to see."""
        if self._policy.budget is None:
            return False
        budget = await budget_of(session, self._chain_id, self._signer.address, self._policy.budget)
        spent = budget.left_wei < cost_wei
        await note_spent(session, self._chain_id, self._signer.address, budget.refills_at if spent else None)
        if spent:
            await self._tell.budget_spent(budget, cost_wei)
        return spent

    def _too_large(self, gas: int) -> TransactionError | None:
        if gas <= self._policy.max_gas:
            return None
        return TransactionError(ErrorKind.TOO_LARGE, f"needs {gas} gas, more than the {self._policy.max_gas} allowed")

    async def _loss(self, intent: QueuedIntent, cost_wei: int) -> TransactionError | None:
        """Why policy leaves it alone: what it would bring does not cover its gas. None: it does, or nobody can say."""
        if not self._policy.only_profitable:
            return None
        async with self._sessions() as session:
            worth_wei = await self._outcomes.worth_wei(session, intent.intent_id)
        if worth_wei is None or worth_wei >= cost_wei:
            return None
        words = f"the keeper's fee is worth {worth_wei} wei, and the gas costs {cost_wei} wei"
        return TransactionError(ErrorKind.UNPROFITABLE, words)

    async def _would_send(self, intent: QueuedIntent, gas_limit: int, fees: Fees) -> None:
        words = f"dry run: would be sent with {gas_limit} gas at up to {fees.max_fee_per_gas_wei} wei each"
        async with self._sessions.begin() as session:
            news = await intents.record_error(session, intent.intent_id, TransactionError(ErrorKind.RETRY, words))
        if news:
            log.info("%s: %s", words, intent.call.description, extra={"intent": str(intent.intent_id)})

    # ---------------------------------------------------------------- what is not sent

    async def _refused(self, intent: QueuedIntent, error: TransactionError, node: Node) -> None:
        """What can't succeed ends here, before it costs anything, or goes on in smaller parts; the rest waits."""
        if error.kind is ErrorKind.REVERT:
            error = await self._outcomes.explain(intent.intent_id, error, node, self._signer.address)
        extra = {"intent": str(intent.intent_id)}
        if error.kind is ErrorKind.RETRY:
            async with self._sessions.begin() as session:
                news = await intents.record_error(session, intent.intent_id, error)
            if news:
                log.warning("not sent yet: %s", error.words, extra=extra)
            return
        log.warning("not sent (%s): %s", error.kind.value, error.words, extra=extra)
        async with self._sessions.begin() as session:
            row = await intents.lock(session, intent.intent_id, skip_locked=True)
            if row is None or row.status != IntentStatus.QUEUED.value:
                return
            parts = 0
            if error.kind is ErrorKind.TOO_LARGE:
                parts = await self._outcomes.split(session, intent.intent_id, intent.call)
            if parts:
                split = TransactionError(error.kind, f"{error.words}: it goes out in {parts} parts")
                intents.finish(row, IntentStatus.CANCELLED, split)
            else:
                intents.finish(row, IntentStatus.FAILED, error)
                await self._outcomes.failed(session, intent.intent_id, error)
        self._metrics.transactions.labels(outcome=error.kind.value).inc()
        if error.kind is ErrorKind.FATAL:
            await self._tell.fatal(intent.intent_id, error)
