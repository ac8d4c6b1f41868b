"""Calldata of `RepayTrigger.performUpkeep`: many mandates in one transaction, each firing on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.chain.codec import Parameter, encode
from orchestrator.chain.contracts import Contract
from orchestrator.credit.mandate import Mandate
from orchestrator.transactions.intents import Call

_BATCH_HEAD = 64
"""Where the items of an encoded array of them start: after its offset and its length."""

# Field by field the contract's struct: their names there, and here.
_FIELDS = {
    "lineId": "line_id",
    "kind": "kind",
    "source": "source",
    "thresholdBps": "threshold_bps",
    "shareBps": "share_bps",
    "feeBps": "fee_bps",
    "periodHours": "period_hours",
    "capPerPeriod": "cap_per_period",
    "amount": "amount",
    "feed": "feed",
    "above": "above",
    "level": "level",
    "expiry": "expiry",
    "nonce": "nonce",
}


def struct_of(mandate: Mandate) -> dict[str, Any]:
    """The mandate as the contract's struct."""
    return {theirs: getattr(mandate, ours) for theirs, ours in _FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Encodes calls of the trigger contract."""

    contract: Contract

    def encode(self, mandates: Sequence[Mandate]) -> bytes:
        """The whole calldata."""
        perform_data = encode([self._mandates()], [[struct_of(mandate) for mandate in mandates]])
        return self.contract.encode_call("performUpkeep", perform_data)

    def call(self, chain_id: int, contract: str, mandates: Sequence[Mandate]) -> Call:
        """What fires them, in words too."""
        lines = sorted({mandate.line_id for mandate in mandates})
        what = "a mandate" if len(mandates) == 1 else f"{len(mandates)} mandates"
        words = f"fires {what} on line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
        return Call(chain_id, contract, self.encode(mandates), words)

    def place_of(self, mandate: Mandate, batch: bytes) -> int:
        """Where a mandate stands in the calldata of a batch; all in it are of one size."""
        alone = encode([self._mandates()], [[struct_of(mandate)]])
        return batch.index(alone[_BATCH_HEAD:])

    def encode_one(self, mandate: Mandate, keeper: str) -> bytes:
        """Calldata that fires one mandate alone, which reverts with the reason when it does not fire."""
        return self.contract.encode_call("fire", struct_of(mandate), keeper)

    def _mandates(self) -> Parameter:
        mandate = self.contract.inputs("fire")[0]
        return Parameter("mandates", mandate.type + "[]", mandate.components, indexed=False)
