"""Rounds to replay, oldest first, as their files have them: bad answers and times are not left out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.unit.oracles.eth_usd import REAL_ROUNDS, SHARED, generated_csv

MARCH_2020: Final = SHARED / "eth-usd-2020-03-1h.csv"
CANDLE_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class FileRound:
    """``answer`` with 8 decimals; ``updated_at`` 0 for a round that was never completed."""

    answer: int
    updated_at: int


def generated(seed: int) -> Sequence[FileRound]:
    """With the defects of the real file."""
    return _chainlink(generated_csv(seed))


def chainlink() -> Sequence[FileRound] | None:
    """Chainlink's ETH/USD; None where the file is absent."""
    return _chainlink(REAL_ROUNDS.read_text().splitlines()) if REAL_ROUNDS.is_file() else None


def march_2020() -> Sequence[FileRound] | None:
    """The hours of the crash, each as the round of its end; None where the file is absent."""
    return _candles(MARCH_2020) if MARCH_2020.is_file() else None


def _chainlink(lines: Iterable[str]) -> Sequence[FileRound]:
    rows = list(csv.DictReader(lines))
    return [FileRound(int(row["answer"]), int(row["update"])) for row in reversed(rows)]


def _candles(path: Path) -> Sequence[FileRound]:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return [FileRound(round(float(row["close"]) * 10**8), int(row["time"]) + CANDLE_S) for row in rows]
