"""What is queued: simulated, weighed against policy, and then signed once, with the next nonce of the signer's lane."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.rpc import RpcError
from orchestrator.db.models import Attempt, Intent
from orchestrator.transactions import intents, lanes
from orchestrator.transactions.broadcasting import Broadcaster
from orchestrator.transactions.budget import budget_of
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.errors import ErrorKind, TransactionError, classify_simulation
from orchestrator.transactions.fees import Fees, expected_cost_wei, initial_fees
from orchestrator.transactions.gas import gas_room
from orchestrator.transactions.holds import standing_holds
from orchestrator.transactions.intents import QueuedIntent
from orchestrator.transactions.node import Node, View
from orchestrator.transactions.rotation import may_sign, note_spent
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

    def __init__(self, context: SenderContext, broadcaster: Broadcaster, tell: SenderAlerts) -> None:
        self._context = context
        self._broadcaster = broadcaster
        self._tell = tell

    async def send(self, waiting: Sequence[QueuedIntent], node: Node, view: View) -> Stop | None:
        """Sends them in order. Why it stopped before the end; None: it did not."""
        if not waiting:
            return None
        fees = initial_fees(view.market, self._context.policy.max_fee_per_gas_wei)
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
                sender=self._context.signer.address, to=call.to, data=call.data, value_wei=call.value_wei
            )
        except RpcError as refusal:
            await self._refused(intent, classify_simulation(refusal, self._context.contract), node)
            return None
        self._context.reached(Step.SIMULATED)
        room = gas_room(view.block_gas_limit, self._context.policy.max_gas)
        if estimate > room.at_ease and await self._split(intent, _too_large(estimate, room.at_ease)):
            return None
        error = _too_large(estimate, room.at_most) if estimate > room.at_most else None
        error = error or await self._loss(intent, expected_cost_wei(estimate, view.market, fees))
        if error is not None:
            await self._refused(intent, error, node)
            return None
        gas_limit = room.limit(estimate, self._context.policy.gas_margin_percent)
        if self._context.policy.dry_run:
            await self._would_send(intent, gas_limit, fees)
            return None
        return await self._sign(intent, gas_limit, fees, node, view)

    async def _sign(self, intent: QueuedIntent, gas_limit: int, fees: Fees, node: Node, view: View) -> Stop | None:
        async with self._context.sessions.begin() as session:
            lane = await lanes.lock_lane(
                session, self._context.chain_id, self._context.signer.address, view.nonce_at_head
            )
            if not await may_sign(session, self._context.chain_id, self._context.signer.address):
                return Stop.FORBIDDEN
            if await standing_holds(session, self._context.chain_id):
                return Stop.FORBIDDEN
            if await self._spent(session, gas_limit * fees.max_fee_per_gas_wei):
                return Stop.BUDGET_SPENT
            overtaken = lanes.catch_up(lane, view.nonce_at_head)
            attempt = await lanes.sign_next(
                session, lane, self._context.signer, intent.intent_id, gas_limit=gas_limit, fees=fees
            )
            if attempt is not None:
                await self._context.outcomes.signed(session, intent.intent_id)
            self._context.reached(Step.SIGNED_UNCOMMITTED)
        self._context.reached(Step.SIGNED)
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
        if self._context.policy.budget is None:
            return False
        budget = await budget_of(
            session, self._context.chain_id, self._context.signer.address, self._context.policy.budget
        )
        spent = budget.left_wei < cost_wei
        await note_spent(
            session, self._context.chain_id, self._context.signer.address, budget.refills_at if spent else None
        )
        if spent:
            await self._tell.budget_spent(budget, cost_wei)
        return spent

    async def _loss(self, intent: QueuedIntent, cost_wei: int) -> TransactionError | None:
        """Why policy leaves it alone: what it would bring does not cover its gas. None: it does, or nobody can say."""
        if not self._context.policy.only_profitable:
            return None
        async with self._context.sessions() as session:
            worth_wei = await self._context.outcomes.worth_wei(session, intent.intent_id)
        if worth_wei is None or worth_wei >= cost_wei:
            return None
        words = f"the keeper's fee is worth {worth_wei} wei, and the gas costs {cost_wei} wei"
        return TransactionError(ErrorKind.UNPROFITABLE, words)

    async def _would_send(self, intent: QueuedIntent, gas_limit: int, fees: Fees) -> None:
        words = f"dry run: would be sent with {gas_limit} gas at up to {fees.max_fee_per_gas_wei} wei each"
        async with self._context.sessions.begin() as session:
            news = await intents.record_error(session, intent.intent_id, TransactionError(ErrorKind.RETRY, words))
        if news:
            log.info("%s: %s", words, intent.call.description, extra={"intent": str(intent.intent_id)})

    # ---------------------------------------------------------------- what is not sent

    async def _refused(self, intent: QueuedIntent, error: TransactionError, node: Node) -> None:
        """What can't succeed ends here, before it costs anything, or goes on in smaller parts; the rest waits."""
        if error.kind is ErrorKind.REVERT:
            error = await self._context.outcomes.explain(intent.intent_id, error, node, self._context.signer.address)
        extra = {"intent": str(intent.intent_id)}
        if error.kind is ErrorKind.RETRY:
            async with self._context.sessions.begin() as session:
                news = await intents.record_error(session, intent.intent_id, error)
            if news:
                log.warning("not sent yet: %s", error.words, extra=extra)
            return
        if error.kind is ErrorKind.TOO_LARGE and await self._split(intent, error):
            return
        log.warning("not sent (%s): %s", error.kind.value, error.words, extra=extra)
        async with self._context.sessions.begin() as session:
            row = await _still_queued(session, intent)
            if row is None:
                return
            intents.finish(row, IntentStatus.FAILED, error)
            await self._context.outcomes.failed(session, intent.intent_id, error)
        self._context.metrics.transactions.labels(outcome=error.kind.value).inc()
        if error.kind is ErrorKind.FATAL:
            await self._tell.fatal(intent.intent_id, error)

    async def _split(self, intent: QueuedIntent, error: TransactionError) -> bool:
        """Whether what is too large is queued in parts now, or another process has taken it; false: it has no parts."""
        async with self._context.sessions.begin() as session:
            row = await _still_queued(session, intent)
            if row is None:
                return True
            parts = await self._context.outcomes.split(session, intent.intent_id, intent.call)
            if not parts:
                return False
            words = f"{error.words}: it goes out in {parts} parts"
            intents.finish(row, IntentStatus.CANCELLED, TransactionError(error.kind, words))
        self._context.metrics.transactions.labels(outcome=error.kind.value).inc()
        log.info("not sent as one: %s", words, extra={"intent": str(intent.intent_id)})
        return True


async def _still_queued(session: AsyncSession, intent: QueuedIntent) -> Intent | None:
    """Its row, locked; None when another process has it or ended it."""
    row = await intents.lock(session, intent.intent_id, skip_locked=True)
    return row if row is not None and row.status == IntentStatus.QUEUED.value else None


def _too_large(gas: int, allowed: int) -> TransactionError:
    return TransactionError(ErrorKind.TOO_LARGE, f"needs {gas} gas, more than the {allowed} allowed")
