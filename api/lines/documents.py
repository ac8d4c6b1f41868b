"""A line as JSON, built from plain values: the form that ``schemas.Line`` and ``LineDetail`` describe.

A test holds the two together. Going through the models would cost a page of lines more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson

from api.lines.rows import LineRow, RawLine
from api.lines.schemas import Health
from api.lines.service import AccruedLine, accrue, status_name, stored_of
from api.lines.units import Units
from api.snapshot import View
from api.tokens import KnownToken
from api.wire import Instant, checksum
from orchestrator.credit import schedule
from orchestrator.credit.accrual import debt, due, unpaid_from

Document = dict[str, Any]

_TERMS: Final = (
    "apr_bps", "commitment_bps", "penalty_bps", "initial_ltv_bps", "liquidation_ltv_bps", "bonus_bps",
    "in_kind_ltv_bps", "in_kind_discount_bps", "amort_bps", "period_hours", "grace_hours", "draw_window_hours",
    "term_hours",
)  # fmt: skip
_KEPT: Final = 50_000
"""Lines in each form: some 100 MB when all are full."""


class WrittenLines:
    """Lines as they stand at one block: until the next one each is worked out once, however often it is asked for.

    What is kept is compared with the row that the database has just sent, so a change shows at once.
    """

    def __init__(self) -> None:
        self._at: tuple[str, int, int] | None = None
        self._items: dict[int, tuple[RawLine, bytes]] = {}
        self._details: dict[int, tuple[RawLine, bytes]] = {}

    def item(self, raw: RawLine, view: View) -> orjson.Fragment:
        """JSON of ``line_document``."""
        return orjson.Fragment(
            self._write(self._items, raw, view, lambda row: line_document(accrue(row, view.now), view))
        )

    def detail(self, raw: RawLine, view: View, judge: Callable[[AccruedLine], Health]) -> bytes:
        """JSON of ``detail_document``; ``judge`` must say the same for the same state at the same block."""

        def document(row: LineRow) -> Document:
            accrued = accrue(row, view.now)
            return detail_document(accrued, view, judge(accrued))

        return self._write(self._details, raw, view, document)

    def _write(
        self, kept: dict[int, tuple[RawLine, bytes]], raw: RawLine, view: View, document: Callable[[LineRow], Document]
    ) -> bytes:
        self._turn_to(view)
        found = kept.get(raw[0])
        if found is not None and found[0] == raw:
            return found[1]
        written = orjson.dumps(document(LineRow.of(raw)))
        if len(kept) < _KEPT:
            kept[raw[0]] = raw, written
        return written

    def _turn_to(self, view: View) -> None:
        """Finality counts as well: it moves also when the block does not."""
        cursor = view.cursor
        at = cursor.hash, cursor.safe_number, cursor.finalized_number
        if at != self._at:
            self._at = at
            self._items.clear()
            self._details.clear()


def line_document(accrued: AccruedLine, view: View) -> Document:
    """As ``schemas.Line``."""
    row, state = accrued.row, accrued.state
    loan = _amounts_in(view.tokens.find(row.loan_token))
    collateral = _amounts_in(view.tokens.find(row.collateral_token))
    return {
        "chain_id": row.chain_id,
        "vault": checksum(row.vault),
        "line_id": row.line_id,
        "market": Units(view.tokens, row).reference().model_dump(mode="json"),
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
            "finality": view.finality(row.opened_block_number),
        },
        "at": _instant(accrued.now),
        "status": status_name(accrued).value,
        "terminated": state.terminated,
        "balances": {
            "principal": loan(state.principal),
            "undrawn": loan(state.undrawn),
            "collateral": collateral(state.collateral),
            "reserve": loan(state.reserve),
            "claim_loan": loan(state.claim_loan),
            "claim_collateral": collateral(state.claim_collateral),
        },
        "owed": {
            "due": loan(due(state)),
            "debt": loan(debt(state)),
            "unpaid_since": _instant(state.unpaid_since or None),
            "next_due_at": None if state.over else _instant(unpaid_from(state, accrued.terms)),
            "defaults_at": None if state.over else _instant(schedule.defaults_at(state, accrued.terms)),
        },
        "state": {
            "block_number": row.state_block_number,
            "log_index": row.state_log_index,
            "finality": view.finality(row.state_block_number),
        },
    }


def detail_document(accrued: AccruedLine, view: View, health: Health) -> Document:
    """As ``schemas.LineDetail``."""
    row, terms = accrued.row, accrued.terms
    return {
        **line_document(accrued, view),
        "as_of": view.as_of.model_dump(mode="json"),
        "terms": {
            **{name: getattr(row, name) for name in _TERMS},
            "draw_window_ends_at": _instant(terms.window_ends_at),
            "matures_at": _instant(terms.matures_at),
        },
        "stored": stored_of(row, Units(view.tokens, row)).model_dump(mode="json"),
        "health": health.model_dump(mode="json"),
    }


def _amounts_in(token: KnownToken) -> Callable[[int], Document]:
    """As ``wire.TokenAmount``."""
    return lambda base_units: {"base_units": str(base_units), "token": token.name, "decimals": token.decimals}


@lru_cache(maxsize=16_384)
def _instant(epoch_s: int | None) -> Document | None:
    """As ``wire.Instant``. Many lines share their seconds: that of the block, and the hours of their bills."""
    return None if epoch_s is None else Instant.of_block_time(epoch_s).model_dump()
