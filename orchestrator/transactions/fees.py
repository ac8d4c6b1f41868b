"""EIP-1559 fees: what to offer first, and how much more to replace a stuck transaction. Pure; amounts in wei."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BASE_FEE_HEADROOM: Final = 2
"""The base fee can double (six full blocks) before a transaction with this headroom falls behind."""

BUMP_NUMERATOR: Final = 1_125
BUMP_DENOMINATOR: Final = 1_000
"""A replacement offers at least 12.5 % more in both fields: nodes ask for 10 %, some for 12.5."""


@dataclass(frozen=True, slots=True)
class FeeMarket:
    """What the node says: the base fee of the next block and a tip that gets a transaction mined soon."""

    base_fee_wei: int
    tip_wei: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers for each unit of gas. The tip is at most the total, as EIP-1559 demands."""

    max_fee_per_gas_wei: int
    max_priority_fee_per_gas_wei: int

    def __post_init__(self) -> None:
        if not 0 <= self.max_priority_fee_per_gas_wei <= self.max_fee_per_gas_wei:
            raise ValueError(
                f"a tip of {self.max_priority_fee_per_gas_wei} wei does not fit a fee of {self.max_fee_per_gas_wei}"
            )

    def can_be_mined(self, base_fee_wei: int) -> bool:
        """Whether a block with this base fee can hold the transaction."""
        return self.max_fee_per_gas_wei >= base_fee_wei


def expected_cost_wei(gas: int, market: FeeMarket, fees: Fees) -> int:
    """What ``gas`` costs in the next block: the base fee and the tip, as far as ``fees`` goes."""
    return gas * min(fees.max_fee_per_gas_wei, market.base_fee_wei + fees.max_priority_fee_per_gas_wei)


def initial_fees(market: FeeMarket, cap_wei: int) -> Fees | None:
    """Twice the base fee plus the tip, at most ``cap_wei``; None while the base fee alone is above the cap."""
    if market.base_fee_wei > cap_wei:
        return None
    max_fee = min(cap_wei, BASE_FEE_HEADROOM * market.base_fee_wei + market.tip_wei)
    return Fees(max_fee, min(market.tip_wei, max_fee))


def replacement_fees(previous: Fees, market: FeeMarket, cap_wei: int) -> Fees | None:
    """Fees for the same nonce that a node takes in place of ``previous`` and that suit the market.

    None when the cap leaves no room for a replacement: the earlier transaction waits until fees fall.
    """
    max_fee_needed = bumped_up(previous.max_fee_per_gas_wei)
    tip_needed = bumped_up(previous.max_priority_fee_per_gas_wei)
    if max_fee_needed > cap_wei:
        return None
    max_fee = max(max_fee_needed, min(cap_wei, BASE_FEE_HEADROOM * market.base_fee_wei + market.tip_wei))
    return Fees(max_fee, min(max(tip_needed, market.tip_wei), max_fee))


def bumped_up(fee_wei: int) -> int:
    """12.5 % more, rounded up and at least one wei more."""
    return max(fee_wei + 1, -(-fee_wei * BUMP_NUMERATOR // BUMP_DENOMINATOR))
