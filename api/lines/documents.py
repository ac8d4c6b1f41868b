"""A line as JSON, built from plain values: the form that ``schemas.Line`` and ``LineDetail`` describe.

A test holds the two together. Going through the models would cost a page of lines more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from api.lines.rows import LineRow, RowMarket
from api.lines.schemas import Health
from api.lines.service import AccruedLine, StoredLine, status_name
from api.lines.units import Units
from api.snapshot import View
from api.tokens import KnownToken, Tokens
from api.wire import block_time_document, checksum
from orchestrator.credit import schedule
from orchestrator.credit.accrual import debt, due, unpaid_from
from orchestrator.credit.schedule import Bill

Document = dict[str, Any]

_TERMS: Final = (
    "apr_bps", "commitment_bps", "penalty_bps", "initial_ltv_bps", "liquidation_ltv_bps", "bonus_bps",
    "in_kind_ltv_bps", "in_kind_discount_bps", "amort_bps", "period_hours", "grace_hours", "draw_window_hours",
    "term_hours",
)  # fmt: skip


def line_document(accrued: AccruedLine, view: View) -> Document:
    """As ``schemas.Line``."""
    return {**standing_members(accrued.line, view), **moving_members(accrued, view)}


def detail_document(accrued: AccruedLine, view: View, health: Health) -> Document:
    """As ``schemas.LineDetail``."""
    return {**line_document(accrued, view), **detail_members(accrued, view, health)}


def schedule_document(
    accrued: AccruedLine, view: View, bills: Sequence[Bill], *, paid_when_due: bool, complete: bool
) -> Document:
    """As ``schemas.Schedule``."""
    loan = _amounts_in(view.tokens.find(accrued.row.loan_token))
    return {
        "as_of": view.as_of.model_dump(mode="json"),
        "line_id": accrued.row.line_id,
        "assumes": "paid_when_due" if paid_when_due else "nothing_is_paid",
        "status": status_name(accrued).value,
        "draw_window_ends_at": instant_document(accrued.terms.window_ends_at),
        "matures_at": instant_document(accrued.terms.matures_at),
        "bills": [
            {
                "due_at": instant_document(bill.due_at),
                "charges": loan(bill.charges),
                "principal": loan(bill.principal),
                "amount": loan(bill.amount),
            }
            for bill in bills
        ],
        "complete": complete,
    }


def standing_members(line: StoredLine, view: View) -> Document:
    """What time does not move: ``accrual.advance`` charges and bills, and nothing else."""
    row, state = line.row, line.state
    loan = _amounts_in(view.tokens.find(row.loan_token))
    collateral = _amounts_in(view.tokens.find(row.collateral_token))
    return {
        "chain_id": row.chain_id,
        "vault": checksum(row.vault),
        "line_id": row.line_id,
        "market": _market(view.tokens, row.market),
        "borrower": checksum(row.borrower),
        "lender": checksum(row.lender),
        "holder": None if row.holder is None else checksum(row.holder),
        "opened": {
            "at": instant_document(row.opened_at),
            "amount": loan(row.amount),
            "origination_fee": loan(row.origination_fee),
            "offer_hash": f"0x{row.offer_hash.hex()}",
            "block_number": row.opened_block_number,
            "tx_hash": f"0x{row.opened_tx_hash.hex()}",
            "finality": view.finality(row.opened_block_number),
        },
        "terminated": state.terminated,
        "balances": {
            "principal": loan(state.principal),
            "undrawn": loan(state.undrawn),
            "collateral": collateral(state.collateral),
            "reserve": loan(state.reserve),
            "claim_loan": loan(state.claim_loan),
            "claim_collateral": collateral(state.claim_collateral),
        },
        "state": {
            "block_number": row.state_block_number,
            "log_index": row.state_log_index,
            "finality": view.finality(row.state_block_number),
        },
    }


def moving_members(accrued: AccruedLine, view: View) -> Document:
    """What is another thing in another second."""
    state, terms = accrued.state, accrued.terms
    loan = _amounts_in(view.tokens.find(accrued.row.loan_token))
    return {
        "at": instant_document(accrued.now),
        "status": status_name(accrued).value,
        "owed": {
            "due": loan(due(state)),
            "debt": loan(debt(state)),
            "unpaid_since": instant_document(state.unpaid_since or None),
            "next_due_at": None if state.over else instant_document(unpaid_from(state, terms)),
            "defaults_at": None if state.over else instant_document(schedule.defaults_at(state, terms)),
        },
    }


def detail_members(accrued: AccruedLine, view: View, health: Health) -> Document:
    """What a page leaves out."""
    row, terms = accrued.row, accrued.terms
    return {
        "as_of": view.as_of.model_dump(mode="json"),
        "terms": {
            **{name: getattr(row, name) for name in _TERMS},
            "draw_window_ends_at": instant_document(terms.window_ends_at),
            "matures_at": instant_document(terms.matures_at),
        },
        "stored": _stored(row, view),
        "health": health.model_dump(mode="json"),
    }


def _stored(row: LineRow, view: View) -> Document:
    """As ``schemas.StoredState``."""
    loan = _amounts_in(view.tokens.find(row.loan_token))
    collateral = _amounts_in(view.tokens.find(row.collateral_token))
    return {
        "seq": row.seq,
        "accrued_at": instant_document(row.accrued_at),
        "principal": loan(row.principal),
        "undrawn": loan(row.undrawn),
        "unbilled_numerator": str(row.unbilled),
        "billed_numerator": str(row.billed),
        "billed_principal": loan(row.billed_principal),
        "unpaid_since": instant_document(row.unpaid_since or None),
        "collateral": collateral(row.collateral),
        "reserve": loan(row.reserve),
        "claim_loan": loan(row.claim_loan),
        "claim_collateral": collateral(row.claim_collateral),
        "flags": row.flags,
    }


@lru_cache(maxsize=1_024)
def _market(tokens: Tokens, market: RowMarket) -> Document:
    """As ``schemas.MarketRef``. A page names few markets, and each of its lines has one."""
    return Units(tokens, market).reference().model_dump(mode="json")


def _amounts_in(token: KnownToken) -> Callable[[int], Document]:
    """As ``wire.TokenAmount``."""
    return lambda base_units: {"base_units": str(base_units), "token": token.name, "decimals": token.decimals}


@lru_cache(maxsize=16_384)
def instant_document(epoch_s: int | None) -> Document | None:
    """As ``wire.Instant``. Many lines share their seconds: that of the block, and the hours of their bills."""
    return None if epoch_s is None else block_time_document(epoch_s)
