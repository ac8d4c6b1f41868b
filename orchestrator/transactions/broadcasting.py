"""Getting stored bytes to a node, replacing them at the same nonce, and giving them up without leaving it behind."""

from __future__ import annotations

import logging
import uuid

from orchestrator.db.models import Attempt
from orchestrator.transactions import intents, lanes
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.errors import ErrorKind, TransactionError
from orchestrator.transactions.fees import Fees
from orchestrator.transactions.intents import SignedAttempt
from orchestrator.transactions.node import Node
from orchestrator.transactions.steps import Step
from orchestrator.transactions.telling import SenderAlerts

log = logging.getLogger(__name__)


class Broadcaster:
    """Broadcasts for one signer. What it sends is committed before; what came of it is recorded after."""

    def __init__(self, context: SenderContext, tell: SenderAlerts) -> None:
        self._context = context
        self._tell = tell

    async def broadcast(self, node: Node, intent_id: uuid.UUID, attempt: SignedAttempt | Attempt) -> bool:
        """Sends the bytes of an attempt; false when the signer can't pay, which higher fees would not help."""
        sent = await node.broadcast(attempt.raw)
        self._context.reached(Step.BROADCAST_UNRECORDED)
        if sent.error is None:
            async with self._context.sessions.begin() as session:
                await intents.record_broadcast(session, intent_id, attempt.number)
            self._context.reached(Step.BROADCAST)
            await self._tell.taken(cancels=attempt.cancels)
            return True
        self._context.metrics.broadcast_errors.labels(kind=sent.error.kind.value).inc()
        async with self._context.sessions.begin() as session:
            news = await intents.record_error(session, intent_id, sent.error)
        if news:
            extra = {"intent": str(intent_id), "tx": attempt.tx_hash}
            log.warning("not broadcast (%s): %s", sent.error.kind.value, sent.error.words, extra=extra)
        if sent.poor:
            await self._tell.poor()
        if sent.error.kind is ErrorKind.FATAL:
            await self._give_up(node, intent_id, attempt, sent.error)
        return not sent.poor

    async def replace(
        self, node: Node, intent_id: uuid.UUID, replaces: int, fees: Fees, *, cancels: bool = False
    ) -> None:
        """Signs one more attempt at the same nonce and sends it, unless another process was faster."""
        async with self._context.sessions.begin() as session:
            attempt = await lanes.sign_replacement(
                session, self._context.signer, intent_id, replaces=replaces, fees=fees, cancels=cancels
            )
            self._context.reached(Step.SIGNED_UNCOMMITTED)
        if attempt is None:
            return
        self._context.reached(Step.SIGNED)
        self._context.metrics.replacements.inc()
        extra = {"intent": str(intent_id), "tx": attempt.tx_hash}
        log.info("attempt %d replaces %d", attempt.number, replaces, extra=extra)
        await self.broadcast(node, intent_id, attempt)

    async def _give_up(
        self, node: Node, intent_id: uuid.UUID, attempt: SignedAttempt | Attempt, error: TransactionError
    ) -> None:
        """No node will ever take these bytes: an empty transfer takes their nonce, so that the lane goes on."""
        await self._tell.fatal(intent_id, error)
        if not attempt.cancels:
            fees = attempt.fees if isinstance(attempt, SignedAttempt) else intents.fees_of(attempt)
            await self.replace(node, intent_id, attempt.number, fees, cancels=True)
