"""The sender: the only process with keys. Takes queued intents, signs each once, and stays with it until it is final.

One tick looks at the chain once and does everything that follows from it. Whatever it was killed in, the next tick of
any sender goes on from what is stored: signed bytes go out again, and nothing is signed twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from orchestrator.chain.rpc import RpcError, RpcRefused
from orchestrator.db.models import Attempt, Intent
from orchestrator.transactions import intents, lanes
from orchestrator.transactions.breaker import trip
from orchestrator.transactions.broadcasting import Broadcaster
from orchestrator.transactions.confirmations import Finding, Verdict, judge, record
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.dispatching import Dispatcher, Stop
from orchestrator.transactions.errors import ErrorKind, TransactionError, classify_simulation
from orchestrator.transactions.fees import initial_fees
from orchestrator.transactions.holds import standing_holds
from orchestrator.transactions.intents import Flight, SignedAttempt
from orchestrator.transactions.node import Node, Receipt, View
from orchestrator.transactions.resending import Action, decide
from orchestrator.transactions.states import UNMINED
from orchestrator.transactions.steps import Step
from orchestrator.transactions.telling import SenderAlerts

log = logging.getLogger(__name__)

REVERTED = TransactionError(ErrorKind.REVERT, "mined and reverted")


class Sender:
    """Sends for the context's signer. Two at once do no harm: rows are locked and nonces are unique.

    ``nodes``: at least one, in order of preference. One that can't be reached loses its turn; one that refuses does not
    (pitfall 32).
    """

    def __init__(self, context: SenderContext, nodes: Sequence[Node]) -> None:
        self._context = context
        self._nodes = tuple(nodes)
        self._turn = 0
        self._waiting_since_block: dict[str, int] = {}
        self._tell = SenderAlerts(context.alerts, context.chain_id, context.signer.address)
        self._broadcaster = Broadcaster(context, self._tell)
        self._dispatcher = Dispatcher(context, self._broadcaster, self._tell)

    @property
    def address(self) -> str:
        """Lower-case 0x-string."""
        return self._context.signer.address

    async def recover(self) -> None:
        """At the start of a run: sends the stored bytes of all that is unmined again; signs nothing (invariant 7)."""
        for flight in await self._flights():
            if flight.status in UNMINED:
                await self._broadcast(flight.intent_id, flight.newest)

    async def tick(self, *, signs_new: bool = True) -> None:
        """One look at the chain, and all that follows from it. Does nothing while nothing is queued or in flight.

        Without ``signs_new`` it only sees through what is signed: another signer takes what is queued.

        Raises:
            RpcError: the node can't be asked; the next tick asks another, and repeats what was not done.
            sqlalchemy.exc.OperationalError: the database can't.
        """
        try:
            await self._tick(signs_new)
        except RpcRefused:
            raise
        except RpcError:
            self._turn += 1
            raise

    async def _tick(self, signs_new: bool) -> None:
        held = signs_new and await self._held()
        flights = await self._flights()
        room = self._context.policy.max_in_flight - sum(flight.status in UNMINED for flight in flights)
        async with self._context.sessions() as session:
            waiting = await intents.queued(session, self._context.chain_id, max(0, room) if signs_new else 0)
        if not waiting:
            await self._tell.budget_left()
        if not flights and not waiting:
            return
        view = await self._node.view(self._context.signer.address)
        await self._tell.final_up_to(view.nonce_at_finalized)
        findings = await self._confirm(flights, view)
        if min((flight.nonce for flight in flights if flight.status in UNMINED), default=0) > view.nonce_at_head:
            await self._mend(view)
        at_cap = await self._resend(findings, view)
        if waiting and not held:
            stop = await self._dispatcher.send(waiting, self._node, view)
            at_cap |= stop is Stop.AT_CAP
            if stop is not Stop.BUDGET_SPENT:
                await self._tell.budget_left()
        await self._tell.fees_at_cap(
            at_cap, base_fee_wei=view.market.base_fee_wei, cap_wei=self._context.policy.max_fee_per_gas_wei
        )

    @property
    def _node(self) -> Node:
        return self._nodes[self._turn % len(self._nodes)]

    async def _flights(self) -> Sequence[Flight]:
        async with self._context.sessions() as session:
            return await intents.in_flight(session, self._context.chain_id, self._context.signer.address)

    # ---------------------------------------------------------------- what became of them

    async def _confirm(self, flights: Sequence[Flight], view: View) -> Sequence[Finding]:
        hashes = [attempt.tx_hash for flight in flights for attempt in flight.attempts]
        receipts: Mapping[str, Receipt] = await self._node.receipts(hashes) if hashes else {}
        findings = [judge(flight, receipts, view) for flight in flights]
        for finding in findings:
            if finding.changes:
                await self._record(finding)
        displaced = (finding.flight for finding in findings if finding.verdict is Verdict.DISPLACED)
        if findings:
            await self._tell.displaced(next(displaced, None))
        return findings

    async def _record(self, finding: Finding) -> None:
        reverted = await self._why_reverted(finding)
        final = finding.verdict in (Verdict.FINAL, Verdict.DISPLACED_FOR_GOOD)
        async with self._context.sessions.begin() as session:
            if not await record(session, finding, self._context.outcomes, reverted):
                return
            self._context.reached(Step.SETTLED_UNCOMMITTED if final else Step.MINED_UNCOMMITTED)
        self._context.reached(Step.SETTLED if final else Step.MINED)
        self._context.metrics.transactions.labels(outcome=finding.verdict.value).inc()
        if finding.verdict is Verdict.MINED:
            waited = datetime.now(UTC) - finding.flight.created_at
            self._context.metrics.inclusion_seconds.observe(waited.total_seconds())
        log.info(
            "transaction %s",
            finding.verdict.value,
            extra={
                "intent": str(finding.flight.intent_id),
                "nonce": finding.flight.nonce,
                "block": finding.receipt.block_number if finding.receipt else None,
            },
        )

    async def _why_reverted(self, finding: Finding) -> TransactionError:
        """Puts a mined revert into words by repeating the call on the state before its block."""
        receipt = finding.receipt
        if receipt is None or receipt.succeeded:
            return REVERTED
        async with self._context.sessions() as session:
            intent = await session.get_one(Intent, finding.flight.intent_id)
        if intent.error and intent.error_kind and intent.mined_block_hash == receipt.block_hash:
            return TransactionError(ErrorKind(intent.error_kind), intent.error)
        call = intents.call_of(intent)
        refusal = await self._node.why_reverted(
            sender=self._context.signer.address,
            to=call.to,
            data=call.data,
            value_wei=call.value_wei,
            block_number=receipt.block_number - 1,
        )
        error = classify_simulation(refusal, self._context.contract) if refusal else REVERTED
        return error if error.kind in (ErrorKind.REVERT, ErrorKind.ALREADY_DONE) else REVERTED

    # ---------------------------------------------------------------- what is signed and not mined

    async def _resend(self, findings: Sequence[Finding], view: View) -> bool:
        """Whether something waits at the fee cap."""
        pending = {Verdict.WAITING, Verdict.UNMINED}
        unmined = [f for f in findings if f.receipt is None and f.verdict in pending]
        self._forget_except({finding.flight.newest.tx_hash for finding in unmined})
        known = await self._node.known([finding.flight.newest.tx_hash for finding in unmined])
        at_cap = False
        for finding in unmined:
            newest = finding.flight.newest
            since = self._waiting_since_block.setdefault(newest.tx_hash, view.head_number)
            decision = decide(
                finding,
                view,
                known=newest.tx_hash in known,
                blocks_waited=view.head_number - since,
                policy=self._context.policy,
            )
            at_cap |= decision.at_cap
            if decision.action is Action.BROADCAST:
                await self._broadcast(finding.flight.intent_id, newest)
            elif decision.fees is not None:
                await self._broadcaster.replace(
                    self._node,
                    finding.flight.intent_id,
                    newest.number,
                    decision.fees,
                    cancels=finding.flight.unwanted,
                )
        return at_cap

    async def _broadcast(self, intent_id: uuid.UUID, attempt: SignedAttempt | Attempt) -> None:
        if not await self._broadcaster.broadcast(self._node, intent_id, attempt):
            self._waiting_since_block.pop(attempt.tx_hash, None)

    def _forget_except(self, tx_hashes: set[str]) -> None:
        self._waiting_since_block = {k: v for k, v in self._waiting_since_block.items() if k in tx_hashes}

    async def _mend(self, view: View) -> None:
        """Takes nonces that a stranger's transaction had and a reorg gave back, so that later ones get mined."""
        fees = initial_fees(view.market, self._context.policy.max_fee_per_gas_wei)
        if fees is None:
            return
        async with self._context.sessions.begin() as session:
            lane = await lanes.lock_lane(
                session, self._context.chain_id, self._context.signer.address, view.nonce_at_head
            )
            missing = await lanes.holes(session, lane, view.nonce_at_head)
            fillers = [await lanes.fill_hole(session, lane, self._context.signer, nonce, fees) for nonce in missing]
        for filler in fillers:
            log.warning("fills a hole in the lane", extra={"intent": str(filler.intent_id), "tx": filler.tx_hash})
            await self._broadcast(filler.intent_id, filler)

    # ---------------------------------------------------------------- what keeps us from sending

    async def _held(self) -> bool:
        """Whether something keeps us from signing anything new. What is signed is seen through all the same."""
        async with self._context.sessions.begin() as session:
            await trip(session, self._context.chain_id, self._context.policy.breaker)
            holds = await standing_holds(session, self._context.chain_id)
        await self._tell.held(holds)
        return bool(holds)
