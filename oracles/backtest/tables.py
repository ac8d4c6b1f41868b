"""What a back-test found, line by line and event by event, as CSV. Amounts in base units."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from oracles.backtest.outcome import TRIGGERS, Act, Outcome
from oracles.backtest.summary import ltv_of

LINE_COLUMNS: Final = (
    "line", "status", "triggers", "paid_by_triggers", "paid_by_borrower", "liquidations", "paid_by_liquidators",
    "shortfall", "worst_ltv_bps", "worst_at", "debt", "collateral", "reserve",
)  # fmt: skip
EVENT_COLUMNS: Final = ("line", "at", "act", "paid", "seized", "shortfall")


def write_lines(outcomes: Iterable[Outcome], path: Path) -> None:
    """One row a line. ``worst_ltv_bps`` is empty for a debt with nothing behind it, as for a line that never opened."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(LINE_COLUMNS)
        for one in outcomes:
            writer.writerow((
                one.line_id, one.status, one.count(*TRIGGERS), one.paid(*TRIGGERS), one.paid(Act.BORROWER),
                one.count(Act.LIQUIDATION), one.paid(Act.LIQUIDATION), one.shortfall, ltv_of(one),
                one.worst.at if one.worst else None, one.debt, one.collateral, one.reserve,
            ))  # fmt: skip


def write_events(outcomes: Iterable[Outcome], path: Path) -> None:
    """One row an event, in the order of the book and then of time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(EVENT_COLUMNS)
        for one in outcomes:
            for event in one.events:
                writer.writerow((event.line_id, event.at, event.act.value, event.paid, event.seized, event.shortfall))
