"""A line as JSON, built from plain values: the form that ``schemas.Line`` and ``LineDetail`` describe.

A test holds the two together. Going through the models would cost a page of lines more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from api.lines.rows import LineRow, RawLine, RowMarket
from api.lines.schemas import Health
from api.lines.service import AccruedLine, StoredLine, status_name
from api.lines.units import Units
from api.snapshot import View
from api.tokens import KnownToken, Tokens
from api.wire import Finality, block_time_document, checksum
from orchestrator.credit import schedule
from orchestrator.credit.accrual import debt, due, unpaid_from
from orchestrator.credit.schedule import Bill
from orchestrator.credit.units import Timestamp

Document = dict[str, Any]

_TERMS: Final = (
    "apr_bps", "commitment_bps", "penalty_bps", "initial_ltv_bps", "liquidation_ltv_bps", "bonus_bps",
    "in_kind_ltv_bps", "in_kind_discount_bps", "amort_bps", "period_hours", "grace_hours", "draw_window_hours",
    "term_hours",
)  # fmt: skip
_KEPT: Final = 50_000
"""Lines: some 300 MB when all are there."""


@dataclass(slots=True)
class _Written:
    """A line that was written once.

    Attributes:
        raw: the row that it was written from.
        finalities: of its two blocks, as they were then.
        standing: JSON of ``_standing_members`` without its last brace.
        moving: JSON of ``_moving_members`` at ``now``, without its first brace.
    """

    raw: RawLine
    finalities: tuple[Finality, Finality]
    line: StoredLine
    standing: bytes
    now: Timestamp | None = None
    moving: bytes = b""


class WrittenLines:
    """Lines as JSON. The greater part of a line stays as it is from block to block, and is written once.

    The rest is a function of the row and of time, and is written once for each second that somebody asks for. What is
    kept is compared with the row that the database has just sent, so a change shows at once.
    """

    def __init__(self) -> None:
        self._kept: dict[int, _Written] = {}

    def item(self, raw: RawLine, view: View) -> orjson.Fragment:
        """JSON of ``line_document``."""
        written = self._find(raw, view)
        if written.now != view.now:
            written.moving = orjson.dumps(_moving_members(written.line.accrue(view.now), view))[1:]
            written.now = view.now
        return orjson.Fragment(b"%b,%b" % (written.standing, written.moving))

    def detail(self, raw: RawLine, view: View, judge: Callable[[AccruedLine], Health]) -> bytes:
        """JSON of ``detail_document``."""
        written = self._find(raw, view)
        accrued = written.line.accrue(view.now)
        more = {**_moving_members(accrued, view), **_detail_members(accrued, view, judge(accrued))}
        return b"%b,%b" % (written.standing, orjson.dumps(more)[1:])

    def _find(self, raw: RawLine, view: View) -> _Written:
        kept = self._kept.get(raw[0])
        if kept is not None and kept.raw == raw and kept.finalities == _finalities(kept.line.row, view):
            return kept
        row = LineRow.of(raw)
        line = StoredLine.of(row)
        written = _Written(raw, _finalities(row, view), line, orjson.dumps(_standing_members(line, view))[:-1])
        if kept is not None or len(self._kept) < _KEPT:
            self._kept[row.line_id] = written
        return written


def line_document(accrued: AccruedLine, view: View) -> Document:
    """As ``schemas.Line``."""
    return {**_standing_members(accrued.line, view), **_moving_members(accrued, view)}


def detail_document(accrued: AccruedLine, view: View, health: Health) -> Document:
    """As ``schemas.LineDetail``."""
    return {**line_document(accrued, view), **_detail_members(accrued, view, health)}


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
        "draw_window_ends_at": _instant(accrued.terms.window_ends_at),
        "matures_at": _instant(accrued.terms.matures_at),
        "bills": [
            {
                "due_at": _instant(bill.due_at),
                "charges": loan(bill.charges),
                "principal": loan(bill.principal),
                "amount": loan(bill.amount),
            }
            for bill in bills
        ],
        "complete": complete,
    }


def _standing_members(line: StoredLine, view: View) -> Document:
    """What time does not move: ``accrual.advance`` charges and bills, and nothing else."""
    row, state = line.row, line.state
    loan = _amounts_in(view.tokens.find(row.loan_token))
    collateral = _amounts_in(view.tokens.find(row.collateral_token))
    opened_finality, state_finality = _finalities(row, view)
    return {
        "chain_id": row.chain_id,
        "vault": checksum(row.vault),
        "line_id": row.line_id,
        "market": _market(view.tokens, row.market),
        "borrower": checksum(row.borrower),
        "lender": checksum(row.lender),
        "holder": None if row.holder is None else checksum(row.holder),
        "opened": {
            "at": _instant(row.opened_at),
            "amount": loan(row.amount),
            "origination_fee": loan(row.origination_fee),
            "offer_hash": f"0x{row.offer_hash.hex()}",
            "block_number": row.opened_block_number,
            "tx_hash": f"0x{row.opened_tx_hash.hex()}",
            "finality": opened_finality,
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
            "finality": state_finality,
        },
    }


def _moving_members(accrued: AccruedLine, view: View) -> Document:
    """What is another thing in another second."""
    state, terms = accrued.state, accrued.terms
    loan = _amounts_in(view.tokens.find(accrued.row.loan_token))
    return {
        "at": _instant(accrued.now),
        "status": status_name(accrued).value,
        "owed": {
            "due": loan(due(state)),
            "debt": loan(debt(state)),
            "unpaid_since": _instant(state.unpaid_since or None),
            "next_due_at": None if state.over else _instant(unpaid_from(state, terms)),
            "defaults_at": None if state.over else _instant(schedule.defaults_at(state, terms)),
        },
    }


def _detail_members(accrued: AccruedLine, view: View, health: Health) -> Document:
    row, terms = accrued.row, accrued.terms
    return {
        "as_of": view.as_of.model_dump(mode="json"),
        "terms": {
            **{name: getattr(row, name) for name in _TERMS},
            "draw_window_ends_at": _instant(terms.window_ends_at),
            "matures_at": _instant(terms.matures_at),
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
        "accrued_at": _instant(row.accrued_at),
        "principal": loan(row.principal),
        "undrawn": loan(row.undrawn),
        "unbilled_numerator": str(row.unbilled),
        "billed_numerator": str(row.billed),
        "billed_principal": loan(row.billed_principal),
        "unpaid_since": _instant(row.unpaid_since or None),
        "collateral": collateral(row.collateral),
        "reserve": loan(row.reserve),
        "claim_loan": loan(row.claim_loan),
        "claim_collateral": collateral(row.claim_collateral),
        "flags": row.flags,
    }


def _finalities(row: LineRow, view: View) -> tuple[Finality, Finality]:
    """Of the block that opened the line, and of that of its state."""
    return view.finality(row.opened_block_number), view.finality(row.state_block_number)


@lru_cache(maxsize=1_024)
def _market(tokens: Tokens, market: RowMarket) -> Document:
    """As ``schemas.MarketRef``. A page names few markets, and each of its lines has one."""
    return Units(tokens, market).reference().model_dump(mode="json")


def _amounts_in(token: KnownToken) -> Callable[[int], Document]:
    """As ``wire.TokenAmount``."""
    return lambda base_units: {"base_units": str(base_units), "token": token.name, "decimals": token.decimals}


@lru_cache(maxsize=16_384)
def _instant(epoch_s: int | None) -> Document | None:
    """As ``wire.Instant``. Many lines share their seconds: that of the block, and the hours of their bills."""
    return None if epoch_s is None else block_time_document(epoch_s)
