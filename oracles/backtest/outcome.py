"""What became of a line, and the events on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from orchestrator.credit.units import Bps, CollateralWei, Timestamp, Wei

BAND_TOPS_BPS: Final = (4_000, 6_000, 7_000, 8_000, 9_000, 10_000)
"""Upper ends of the bands of LTV that are told apart; the last band is what is above them."""


class Act(StrEnum):
    """What moved a line."""

    BILL = "bill from the reserve"
    LTV_RESERVE = "LTV, from the reserve"
    LTV_IN_KIND = "LTV, in kind"
    BORROWER = "bill by the borrower"
    LIQUIDATION = "liquidation"


TRIGGERS: Final = frozenset({Act.BILL, Act.LTV_RESERVE, Act.LTV_IN_KIND})


@dataclass(frozen=True, slots=True)
class Event:
    """One act on a line at one round. Amounts in base units; ``shortfall`` is what was written off in it."""

    line_id: int
    at: Timestamp
    act: Act
    paid: Wei
    seized: CollateralWei
    shortfall: Wei


@dataclass(frozen=True, slots=True)
class Worst:
    """The highest LTV that was seen, rounded up, and when; ``ltv_bps`` is None for a debt with nothing behind it."""

    ltv_bps: Bps | None
    at: Timestamp

    def exceeds(self, other: Worst) -> bool:
        if other.ltv_bps is None:
            return False
        return self.ltv_bps is None or self.ltv_bps > other.ltv_bps


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line at the end of the history. ``worst`` is None for a line that opened after it.

    ``status`` is that of the last round; ``debt``, ``collateral`` and ``reserve`` as they stand then.
    """

    line_id: int
    status: str
    debt: Wei
    collateral: CollateralWei
    reserve: Wei
    worst: Worst | None
    events: tuple[Event, ...]

    def count(self, *acts: Act) -> int:
        return sum(event.act in acts for event in self.events)

    def paid(self, *acts: Act) -> Wei:
        return Wei(sum(event.paid for event in self.events if event.act in acts))

    @property
    def shortfall(self) -> Wei:
        return Wei(sum(event.shortfall for event in self.events))


@dataclass(slots=True)
class Bands:
    """Debt by band of LTV at sampled rounds: one row for each sample, one column for each band."""

    samples: tuple[int, ...]
    debts: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.debts:
            self.debts = [[0] * (len(BAND_TOPS_BPS) + 1) for _ in self.samples]

    def add(self, sample: int, debt_wei: int, ltv_bps: Bps | None) -> None:
        """Counts a debt in the ``sample``-th row."""
        band = len(BAND_TOPS_BPS)
        if ltv_bps is not None:
            band = next((i for i, top in enumerate(BAND_TOPS_BPS) if ltv_bps <= top), band)
        self.debts[sample][band] += debt_wei

    def merge(self, other: Bands) -> None:
        """Adds what another shard counted at the same samples."""
        for mine, theirs in zip(self.debts, other.debts, strict=True):
            mine[:] = [a + b for a, b in zip(mine, theirs, strict=True)]
