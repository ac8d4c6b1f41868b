"""A whole book through a history: in shards, on as many processes as asked for."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Final

from oracles.backtest.book import BookLine
from oracles.backtest.line import run_line
from oracles.backtest.outcome import Bands, Outcome
from oracles.backtest.path import PricePath

SHARD_LINES: Final = 100
SAMPLES: Final = 60
"""Rounds at which the debts are counted by band of LTV: about a point for each few pixels of a chart."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of every line, in the order of the book, and their debts by band of LTV."""

    path: PricePath
    outcomes: tuple[Outcome, ...]
    bands: Bands


def run_book(
    book: Sequence[BookLine],
    path: PricePath,
    loan_decimals: int,
    *,
    workers: int = 1,
    progress: Callable[[int], None] = lambda lines: None,
) -> Played:
    """Plays every line. ``progress`` is told how many lines were played since it was told last.

    The result does not depend on ``workers``: lines do not know each other.
    """
    samples = tuple(sorted({i * (len(path) - 1) // (SAMPLES - 1) for i in range(SAMPLES)}))
    shards = [book[i : i + SHARD_LINES] for i in range(0, len(book), SHARD_LINES)]
    play = partial(play_shard, path=path, samples=samples, loan_decimals=loan_decimals)
    outcomes: list[tuple[Outcome, ...]] = [()] * len(shards)
    bands = Bands(samples)

    def take(number: int, played: tuple[tuple[Outcome, ...], Bands]) -> None:
        outcomes[number] = played[0]
        bands.merge(played[1])
        progress(len(shards[number]))

    if workers == 1:
        for number, shard in enumerate(shards):
            take(number, play(shard))
    else:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            numbers = {pool.submit(play, shard): number for number, shard in enumerate(shards)}
            for future in as_completed(numbers):
                take(numbers[future], future.result())
    return Played(path, tuple(outcome for shard in outcomes for outcome in shard), bands)


def play_shard(
    shard: Sequence[BookLine], path: PricePath, samples: tuple[int, ...], loan_decimals: int
) -> tuple[tuple[Outcome, ...], Bands]:
    """One part of the book, in this process."""
    bands = Bands(samples)
    return tuple(run_line(line, path, bands, loan_decimals) for line in shard), bands
