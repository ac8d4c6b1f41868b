"""A line as it stands at one second: stored facts, and what the credit rules derive from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from api.lines.problems import TIME_BEFORE_STATE
from api.lines.rows import LineRow
from api.lines.schemas import StatusName, StoredState
from api.lines.units import Units
from api.problems import Problem
from api.wire import Instant
from orchestrator.credit import schedule
from orchestrator.credit.accrual import advance
from orchestrator.credit.errors import TimeBeforeAccrual
from orchestrator.credit.schedule import Bill
from orchestrator.credit.state import LineState
from orchestrator.credit.status import Status, status
from orchestrator.credit.terms import Terms as CreditTerms
from orchestrator.credit.units import Timestamp
from orchestrator.db.facts import StateFacts

_NAMES: Final = {status: StatusName[status.name] for status in Status}


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as its last action left it, in the values of the credit rules."""

    row: LineRow
    terms: CreditTerms
    state: LineState

    @classmethod
    def of(cls, row: LineRow) -> Self:
        return cls(row, row.terms, row.state)

    def accrue(self, now: Timestamp) -> AccruedLine:
        """The line at ``now``.

        Raises:
            Problem: ``now`` is before the line's last action.
        """
        try:
            state = self.state if self.state.over else advance(self.state, self.terms, now)
        except TimeBeforeAccrual as error:
            raise Problem(
                TIME_BEFORE_STATE, f"line {self.row.line_id} was changed at {error.accrued_at}, after {error.at}"
            ) from error
        return AccruedLine(self, state, now)


@dataclass(frozen=True, slots=True)
class AccruedLine:
    """A line with its ``state`` accrued to ``now``."""

    line: StoredLine
    state: LineState
    now: Timestamp

    @property
    def row(self) -> LineRow:
        return self.line.row

    @property
    def terms(self) -> CreditTerms:
        return self.line.terms


def accrue(row: LineRow, now: Timestamp) -> AccruedLine:
    """As ``StoredLine.accrue``."""
    return StoredLine.of(row).accrue(now)


def stored_of(row: StateFacts, units: Units) -> StoredState:
    return StoredState(
        seq=row.seq,
        accrued_at=Instant.of_block_time(row.accrued_at),
        principal=units.loan(row.principal),
        undrawn=units.loan(row.undrawn),
        unbilled_numerator=row.unbilled,
        billed_numerator=row.billed,
        billed_principal=units.loan(row.billed_principal),
        unpaid_since=Instant.of_optional_block_time(row.unpaid_since or None),
        collateral=units.collateral(row.collateral),
        reserve=units.loan(row.reserve),
        claim_loan=units.loan(row.claim_loan),
        claim_collateral=units.collateral(row.claim_collateral),
        flags=row.flags,
    )


def status_name(accrued: AccruedLine) -> StatusName:
    return _NAMES[status(accrued.state, accrued.terms)]


def bills_of(accrued: AccruedLine, limit: int, *, paid_when_due: bool) -> tuple[Sequence[Bill], bool]:
    """The next bills, at most ``limit``, and whether none follows."""
    if accrued.state.over:
        return (), True
    bills = schedule.bills_if_paid_when_due if paid_when_due else schedule.bills_if_nothing_is_paid
    found = bills(accrued.state, accrued.terms, limit + 1)
    return found[:limit], len(found) <= limit
