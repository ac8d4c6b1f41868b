"""What the demo saw happen, as plain facts: the table at its end and `build/demo.json` show the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from orchestrator.mirror.reconcile import Report
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
    keeper: str
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
class Reconciled:
    """The mirror compared with the chain at one block. `differences` is empty exactly when they are equal."""

    block_number: int
    block_hash: str
    facts_compared: int
    differences: tuple[str, ...]

    @classmethod
    def of(cls, report: Report) -> Self:
        differences = tuple(f"{one.subject} {one.field}: {one.mirror} ≠ {one.chain}" for one in report.differences)
        return cls(report.block.number, report.block.hash, report.facts_compared, differences)


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
    reconciliations: list[Reconciled] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Amounts, answers and round ids as decimal strings: JSON numbers lose digits."""
        return {"passed": self.passed, **{key: _jsonable(key, value) for key, value in asdict(self).items()}}


DECIMAL_STRINGS = frozenset({"paid", "spent", "answer", "round_id", "supply", "balances"})


def _jsonable(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _jsonable(key if key in DECIMAL_STRINGS else inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(key, item) for item in value]
    return str(value) if key in DECIMAL_STRINGS else value
