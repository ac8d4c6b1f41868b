"""A price history that answers, without looking at every round, when a price is next reached."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from oracles.rounds import Round
from orchestrator.credit.units import PriceE36, Timestamp

BLOCK: Final = 128
"""Rounds whose minimum is kept: near the square root of ten thousand, where both steps of a search cost the same."""

MAX_DECIMALS: Final = 18


@dataclass(frozen=True, slots=True)
class Decimals:
    """Of the loan token, the collateral token and the feed that prices one whole collateral token in loan tokens.

    Raises:
        ValueError: one is not between 0 and 18, as for the adapter.
    """

    loan: int = 6
    collateral: int = 18
    feed: int = 8

    def __post_init__(self) -> None:
        for name in ("loan", "collateral", "feed"):
            if not 0 <= getattr(self, name) <= MAX_DECIMALS:
                raise ValueError(f"{name} decimals must be between 0 and {MAX_DECIMALS}")

    def price(self, answer: int) -> PriceE36:
        """The price that the adapter makes of an answer (contract: ``OracleAdapter``)."""
        return PriceE36(answer * 10 ** (36 + self.loan - self.collateral - self.feed))


@dataclass(frozen=True, slots=True)
class PricePath:
    """Prices in order of time; both sequences have the same length, which is not zero."""

    times: Sequence[Timestamp]
    prices: Sequence[PriceE36]
    block_lows: Sequence[PriceE36]

    @staticmethod
    def of(rounds: Sequence[Round], decimals: Decimals) -> PricePath:
        """Rounds oldest first. Of several in one second the last counts, as for a contract that asks after it."""
        last = {one.updated_at: one for one in rounds}
        times = tuple(Timestamp(at) for at in last)
        prices = tuple(decimals.price(one.answer) for one in last.values())
        return PricePath(times, prices, tuple(min(prices[i : i + BLOCK]) for i in range(0, len(prices), BLOCK)))

    def __len__(self) -> int:
        return len(self.times)

    def first_at(self, t: int) -> int:
        """Index of the first round at or after ``t``; the number of rounds when there is none."""
        return bisect_left(self.times, t)

    def first_at_or_below(self, price: int, start: int, stop: int) -> int:
        """Index of the first round in [start, stop) with at most this price; ``stop`` when there is none."""
        i = start
        while i < stop:
            if i % BLOCK == 0 and self.block_lows[i // BLOCK] > price:
                i += BLOCK
            elif self.prices[i] <= price:
                return i
            else:
                i += 1
        return stop

    def last_lowest(self, start: int, stop: int) -> int:
        """Index of the last round in [start, stop), which is not empty, with the lowest price in it."""
        whole_from, whole_to = -(-start // BLOCK), stop // BLOCK
        if whole_from >= whole_to:
            lowest = min(self.prices[start:stop])
        else:
            lowest = min(
                *self.block_lows[whole_from:whole_to],
                *self.prices[start : whole_from * BLOCK],
                *self.prices[whole_to * BLOCK : stop],
                self.prices[start],
            )
        i = stop - 1
        while self.prices[i] != lowest:
            skip = i % BLOCK == BLOCK - 1 and i - BLOCK >= start and self.block_lows[i // BLOCK] > lowest
            i -= BLOCK if skip else 1
        return i
