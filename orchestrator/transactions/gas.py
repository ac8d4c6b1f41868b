"""How much gas one transaction may have: what policy allows, and what a block has room for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ELASTICITY: Final = 2
"""EIP-1559's: fees rise until blocks are half full on average."""

LIMIT_BOUND_DIVISOR: Final = 1_024
"""A block's gas limit differs from its parent's by less than this part of it (yellow paper, 4.4.4)."""

BLOCKS_UNTIL_MINED: Final = 64
"""So long the limit may fall at full speed, and what was signed still fits into a block."""


@dataclass(frozen=True, slots=True)
class GasRoom:
    """In units of gas.

    Attributes:
        at_ease: fits into the half of a block that is free on average; what needs more waits for an emptier one.
        at_most: what asks for more is refused, by policy or by every node.
    """

    at_ease: int
    at_most: int

    def limit(self, estimate: int, margin_percent: int) -> int:
        """The gas limit of what was simulated at no more than ``at_most``: with the margin, as far as there is room."""
        with_margin = estimate * (100 + margin_percent) // 100
        return min(with_margin, self.at_ease if estimate <= self.at_ease else self.at_most)


def gas_room(block_gas_limit: int, max_gas: int) -> GasRoom:
    """For a transaction that is signed at a head with that limit. ``max_gas``: policy's, in any transaction."""
    lasting = block_gas_limit - block_gas_limit * BLOCKS_UNTIL_MINED // LIMIT_BOUND_DIVISOR
    return GasRoom(at_ease=min(block_gas_limit // ELASTICITY, max_gas), at_most=min(lasting, max_gas))
