"""Receipts of merchants, each counted once: a small SQLite file of the reporter's own.

A reporter needs no database of the service; what it was told it keeps, so that a restart forgets no revenue.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from orchestrator.errors import CovenantError

CENTS: Final = 100

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS receipts (
    merchant TEXT NOT NULL,
    event_id TEXT NOT NULL,
    cents INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (merchant, event_id)
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """``cents`` is negative for a refund or a chargeback. ``event_id`` is the payment provider's."""

    merchant: str
    event_id: str
    cents: int
    occurred_at: int


class ReceiptChanged(CovenantError):
    """An event that was counted came again with another amount."""


class Receipts:
    """The file. Opened once; all calls come from one thread."""

    def __init__(self, path: Path | str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def add(self, receipt: Receipt) -> bool:
        """Counts a receipt; False when it was counted already. It is on disk when this returns.

        Raises:
            ReceiptChanged: its id is known with another amount: a provider corrects by a new event, not by the old one.
        """
        with self._transaction():
            known = self._database.execute(
                "SELECT cents FROM receipts WHERE merchant = ? AND event_id = ?", (receipt.merchant, receipt.event_id)
            ).fetchone()
            if known is None:
                self._database.execute(
                    "INSERT INTO receipts VALUES (?, ?, ?, ?)",
                    (receipt.merchant, receipt.event_id, receipt.cents, receipt.occurred_at),
                )
                return True
        if known[0] != receipt.cents:
            raise ReceiptChanged(
                f"event {receipt.event_id} of {receipt.merchant} was {known[0]} cents and is now {receipt.cents}",
                "ask the payment provider; the first amount stays counted",
            )
        return False

    def total(self, merchant: str) -> Decimal | None:
        """All that came in, in whole units; None when nothing ever did."""
        count, cents = self._database.execute(
            "SELECT count(*), coalesce(sum(cents), 0) FROM receipts WHERE merchant = ?", (merchant,)
        ).fetchone()
        return Decimal(cents) / CENTS if count else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
