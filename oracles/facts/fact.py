"""What a reporter asks of a fact, and nothing more: its value now, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from orchestrator.errors import CovenantError


@dataclass(frozen=True, slots=True)
class Sighting:
    """``value`` in the fact's own unit (dollars, per cent, loan tokens), seen at ``observed_at``, by our clock."""

    value: Decimal
    observed_at: int


class NothingSeen(CovenantError):
    """The fact can't be told now. Nothing is reported: no new answer rather than a wrong one."""


class Fact(Protocol):
    """Something off-chain that can be looked at again and again."""

    @property
    def name(self) -> str: ...

    async def look(self) -> Sighting:
        """Raises NothingSeen."""
        ...


def answer_of(value: Decimal, decimals: int) -> int:
    """The nearest answer in a feed's decimals.

    To nearest, not directed: nobody can farm a unit of the last decimal of a median, and all reporters round alike.
    """
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_EVEN))
