"""What the demo saw happen, as plain facts: the table at its end and `build/demo.json` show the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.demo.ledger import Holdings


@dataclass(frozen=True, slots=True)
class RoundCause:
    """The round that made a trigger fire. `number` counts the rounds that were played, from 1."""

    number: int
    round_id: int
    answer: int
    updated_at: int
    block_number: int


@dataclass(frozen=True, slots=True)
class TriggerFact:
    """A mandate that fired. Amounts in base units; `spent` is of the source's token and includes the keeper's fee.

    `latency_ms` runs from the moment before the round, or the block of the due date, was sent to when the service saw
    the repayment mined; `latency_blocks` from the one block to the other.
    """

    trigger_id: str
    mandate: str
    paid_from: str
    mandate_hash: str
    occurrence: int
    round: RoundCause | None
    due_at: int | None
    paid: int
    spent: int
    tx_hash: str
    block_number: int
    latency_ms: int
    latency_blocks: int
    why: str

    @property
    def name(self) -> str:
        """The mandate in words: `ltv from reserve`."""
        return f"{self.mandate} from {self.paid_from}"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that had to be true at the end; `detail` says what was compared."""

    name: str
    passed: bool
    detail: str


@dataclass(slots=True)
class Facts:
    """Filled in as the demo goes on. `checks` decide whether it passed."""

    played: str
    rounds_played: int = 0
    offer_hash: str = ""
    line_id: int = 0
    opened_tx: str = ""
    mandate_hashes: list[str] = field(default_factory=list)
    triggers: list[TriggerFact] = field(default_factory=list)
    holdings_before: dict[str, Holdings] = field(default_factory=dict)
    holdings_after: dict[str, Holdings] = field(default_factory=dict)
    reconciliation: dict[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Amounts and round ids as decimal strings: JSON numbers lose digits."""
        return {"passed": self.passed, **{key: _jsonable(value) for key, value in asdict(self).items()}}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(key, item) for key, item in value.items()}
    return [_jsonable(item) for item in value] if isinstance(value, list) else value


def _exact(key: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and key in EXACT:
        return str(value)
    return _jsonable(value)


EXACT = frozenset({"paid", "spent", "answer", "round_id", "before", "after"})
