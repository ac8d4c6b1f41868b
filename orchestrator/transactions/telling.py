"""What the sender tells people: each condition once while it lasts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from orchestrator.alerts import Alerts, Conditions, Severity
from orchestrator.transactions.budget import Budget
from orchestrator.transactions.errors import TransactionError
from orchestrator.transactions.holds import Hold
from orchestrator.transactions.intents import Flight


class SenderAlerts:
    """The alerts about one signer on one chain."""

    def __init__(self, alerts: Alerts, chain_id: int, signer: str) -> None:
        self._signer = signer
        of_signer = [f"{kind}:{chain_id}:{signer}" for kind in ("fees", "balance", "nonce", "budget", "transaction")]
        self._fees, self._balance, self._nonce, self._budget, self._transaction = of_signer
        self._held = f"sending_held:{chain_id}"
        self._conditions = Conditions(alerts, [*of_signer, self._held])

    async def fees_at_cap(self, at_cap: bool, *, base_fee_wei: int, cap_wei: int) -> None:
        """Whether something waits because the cap lets it offer no more."""
        if not at_cap:
            await self._conditions.over(self._fees)
            return
        await self._conditions.holds(
            self._fees,
            Severity.WARNING,
            f"the base fee of {base_fee_wei} wei leaves no room below the cap of {cap_wei} wei: transactions wait",
            "wait for fees to fall, or raise COVENANT_MAX_FEE_PER_GAS_WEI",
            {"base_fee_wei": str(base_fee_wei), "cap_wei": str(cap_wei)},
        )

    async def held(self, holds: Sequence[Hold]) -> None:
        """What keeps everybody from sending; none when nothing does."""
        if not holds:
            await self._conditions.over(self._held)
            return
        await self._conditions.holds(
            self._held,
            Severity.CRITICAL,
            "nothing new is sent: " + "; ".join(f"{hold.cause.value}: {hold.reason}" for hold in holds),
            "look into it, then run `covenant resume`",
            {"causes": [hold.cause.value for hold in holds]},
        )

    async def displaced(self, flight: Flight | None) -> None:
        """An intent whose nonce was used by a stranger in a block that is not final yet; None when there is none."""
        if flight is None:
            await self._conditions.over(self._nonce)
            return
        await self._conditions.holds(
            self._nonce,
            Severity.CRITICAL,
            f"nonce {flight.nonce} of {self._signer} was used by a transaction that is not ours",
            "let nobody else use the sender's key; the intent is given up once that transaction is final",
            {"nonce": str(flight.nonce), "intent": str(flight.intent_id)},
        )

    async def overtaken(self, nonce_at_head: int) -> None:
        """The chain counts more transactions of the signer than we ever signed."""
        await self._conditions.holds(
            f"{self._nonce}:{nonce_at_head}",
            Severity.CRITICAL,
            f"{self._signer} has sent {nonce_at_head} transactions, more than we know of: somebody else uses its key",
            "find out who, and let nobody else use the sender's key",
            {"nonce_at_head": str(nonce_at_head)},
        )

    async def final_up_to(self, nonce_at_finalized: int) -> None:
        """What a stranger sent below that nonce is final: who looks now finds nothing left to decide."""
        overtaken = f"{self._nonce}:"
        for key in await self._conditions.lasting(overtaken):
            if int(key.removeprefix(overtaken)) <= nonce_at_finalized:
                await self._conditions.over(key)

    async def poor(self) -> None:
        """The node says that the signer can't pay."""
        await self._conditions.holds(
            self._balance,
            Severity.CRITICAL,
            f"the signer {self._signer} can't pay for its transactions",
            f"send native currency to {self._signer}; what is signed goes out by itself then",
        )

    async def budget_spent(self, budget: Budget, cost_wei: int) -> None:
        """The signer's budget leaves less than what the next transaction may cost."""
        await self._conditions.holds(
            self._budget,
            Severity.CRITICAL,
            f"{self._signer} has {budget.left_wei} wei left of its gas budget of {budget.gas_wei} wei until "
            f"{budget.refills_at:%Y-%m-%d %H:%M} UTC, and the next transaction may cost {cost_wei} wei: it waits",
            "find out what was sent (`covenant transactions list`); wait, or raise COVENANT_GAS_BUDGET_WEI",
            {
                "budget_wei": str(budget.gas_wei),
                "left_wei": str(budget.left_wei),
                "cost_wei": str(cost_wei),
                "refills_at": budget.refills_at.isoformat(),
            },
        )

    async def budget_left(self) -> None:
        """What was to be sent could be."""
        await self._conditions.over(self._budget)

    async def fatal(self, intent_id: uuid.UUID, error: TransactionError) -> None:
        """A transaction that no repetition helps: mostly none of this signer's gets through then."""
        await self._conditions.holds(
            self._transaction,
            Severity.CRITICAL,
            f"a transaction can't be sent at all: {error.words}",
            f"see `covenant transactions show {intent_id}`; check the node and its chain id",
            {"intent": str(intent_id)},
        )

    async def taken(self, *, cancels: bool) -> None:
        """A node took a transaction, which may only use up the nonce of one that no node takes."""
        await self._conditions.over(self._balance)
        if not cancels:
            await self._conditions.over(self._transaction)
