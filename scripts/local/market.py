"""The simulated market of a local chain: a price that wanders around where it began."""

from __future__ import annotations

import random
from dataclasses import dataclass

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Wandering:
    """A random walk that is drawn back to `anchor`. Answers are positive, in the feed's own decimals.

    Each step moves by a normal deviate of `deviation_bps`, after closing `pull_bps` of the distance to the anchor.
    """

    anchor: int
    deviation_bps: int = 25
    pull_bps: int = 50

    def next_answer(self, answer: int, chance: random.Random) -> int:
        """The answer after `answer`."""
        drift = (self.anchor - answer) * self.pull_bps // BPS
        return max(1, answer + drift + round(chance.gauss(0, answer * self.deviation_bps / BPS)))
