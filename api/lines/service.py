"""A line as it stands at one second: stored facts, and what the credit rules derive from them."""

from __future__ import annotations

from dataclasses import dataclass

from api.lines.problems import TIME_BEFORE_STATE
from api.lines.repository import Held
from api.lines.schemas import (
    Balances,
    Bill,
    Health,
    Line,
    LineDetail,
    Opening,
    Owed,
    StatePosition,
    StatusName,
    StoredState,
    Terms,
)
from api.lines.units import Units
from api.problems import Problem
from api.snapshot import Snapshot
from api.wire import Instant, checksum
from orchestrator.credit import schedule
from orchestrator.credit.accrual import advance, debt, due, unpaid_from
from orchestrator.credit.errors import TimeBeforeAccrual
from orchestrator.credit.state import LineState
from orchestrator.credit.status import status
from orchestrator.credit.terms import Terms as CreditTerms
from orchestrator.credit.units import Timestamp
from orchestrator.db.models.lines import StateColumns
from orchestrator.db.values import state_of, terms_of


@dataclass(frozen=True, slots=True)
class AccruedLine:
    """A line accrued to ``now``, with its terms."""

    held: Held
    terms: CreditTerms
    state: LineState
    now: Timestamp


def accrue(held: Held, now: Timestamp) -> AccruedLine:
    """The line at ``now``.

    Raises:
        Problem: ``now`` is before the line's last action.
    """
    terms = terms_of(held.line, held.market.min_debt)
    stored = state_of(held.line)
    try:
        state = stored if stored.over else advance(stored, terms, now)
    except TimeBeforeAccrual as error:
        raise Problem(
            TIME_BEFORE_STATE, f"line {held.line.line_id} was changed at {error.accrued_at}, after {error.at}"
        ) from error
    return AccruedLine(held, terms, state, now)


# ---------------------------------------------------------------- parts of a line


def line_of(accrued: AccruedLine, snapshot: Snapshot) -> Line:
    line, state = accrued.held.line, accrued.state
    units = Units(snapshot.tokens, accrued.held.market)
    return Line(
        chain_id=line.chain_id,
        vault=checksum(line.vault),
        line_id=line.line_id,
        market=units.reference(),
        borrower=checksum(line.borrower),
        lender=checksum(line.lender),
        holder=checksum(accrued.held.holder) if accrued.held.holder else None,
        opened=_opening(accrued, snapshot, units),
        at=Instant.of_block_time(accrued.now),
        status=status_name(accrued),
        terminated=state.terminated,
        balances=Balances(
            principal=units.loan(state.principal),
            undrawn=units.loan(state.undrawn),
            collateral=units.collateral(state.collateral),
            reserve=units.loan(state.reserve),
            claim_loan=units.loan(state.claim_loan),
            claim_collateral=units.collateral(state.claim_collateral),
        ),
        owed=_owed(accrued, units),
        state=StatePosition(
            block_number=line.state_block_number,
            log_index=line.state_log_index,
            finality=snapshot.finality(line.state_block_number),
        ),
    )


def detail_of(accrued: AccruedLine, snapshot: Snapshot, health: Health) -> LineDetail:
    line, terms = accrued.held.line, accrued.terms
    return LineDetail(
        **dict(line_of(accrued, snapshot)),
        as_of=snapshot.as_of,
        terms=Terms(
            apr_bps=line.apr_bps,
            commitment_bps=line.commitment_bps,
            penalty_bps=line.penalty_bps,
            initial_ltv_bps=line.initial_ltv_bps,
            liquidation_ltv_bps=line.liquidation_ltv_bps,
            bonus_bps=line.bonus_bps,
            in_kind_ltv_bps=line.in_kind_ltv_bps,
            in_kind_discount_bps=line.in_kind_discount_bps,
            amort_bps=line.amort_bps,
            period_hours=line.period_hours,
            grace_hours=line.grace_hours,
            draw_window_hours=line.draw_window_hours,
            term_hours=line.term_hours,
            draw_window_ends_at=Instant.of_block_time(terms.window_ends_at),
            matures_at=Instant.of_block_time(terms.matures_at),
        ),
        stored=stored_of(line, Units(snapshot.tokens, accrued.held.market)),
        health=health,
    )


def stored_of(row: StateColumns, units: Units) -> StoredState:
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
    return StatusName[status(accrued.state, accrued.terms).name]


def bills_of(accrued: AccruedLine, limit: int, *, paid_when_due: bool, units: Units) -> tuple[list[Bill], bool]:
    """The next bills, at most ``limit``, and whether none follows."""
    if accrued.state.over:
        return [], True
    bills = schedule.bills_if_paid_when_due if paid_when_due else schedule.bills_if_nothing_is_paid
    found = bills(accrued.state, accrued.terms, limit + 1)
    return [
        Bill(
            due_at=Instant.of_block_time(bill.due_at),
            charges=units.loan(bill.charges),
            principal=units.loan(bill.principal),
            amount=units.loan(bill.amount),
        )
        for bill in found[:limit]
    ], len(found) <= limit


def _opening(accrued: AccruedLine, snapshot: Snapshot, units: Units) -> Opening:
    line = accrued.held.line
    return Opening(
        at=Instant.of_block_time(line.opened_at),
        amount=units.loan(line.amount),
        origination_fee=units.loan(line.origination_fee),
        offer_hash=line.offer_hash,
        block_number=line.opened_block_number,
        tx_hash=line.opened_tx_hash,
        finality=snapshot.finality(line.opened_block_number),
    )


def _owed(accrued: AccruedLine, units: Units) -> Owed:
    state, terms = accrued.state, accrued.terms
    return Owed(
        due=units.loan(due(state)),
        debt=units.loan(debt(state)),
        unpaid_since=Instant.of_optional_block_time(state.unpaid_since or None),
        next_due_at=None if state.over else Instant.of_optional_block_time(unpaid_from(state, terms)),
        defaults_at=None if state.over else Instant.of_optional_block_time(schedule.defaults_at(state, terms)),
    )
