"""The columns that say which log a projected row came from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.types import Hash


class FromLog:
    """Mix-in: the log behind a row. A rewind deletes rows by `block_number`."""

    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    block_hash: Mapped[str] = mapped_column(Hash())
    tx_hash: Mapped[str] = mapped_column(Hash())
