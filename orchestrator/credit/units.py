"""Units, bounds and directed integer arithmetic.

Money is always ``int``. Every division in this package goes through one of the functions below, so that the direction
of each rounding can be read where it happens.
"""

from typing import Final, NewType

Wei = NewType("Wei", int)
"""Base units of the loan token (1 USDC = 10**6)."""

CollateralWei = NewType("CollateralWei", int)
"""Base units of the collateral token (1 WETH = 10**18)."""

Bps = NewType("Bps", int)
"""Hundredths of a per cent: 10_000 is the whole. Rates are bps a year."""

Timestamp = NewType("Timestamp", int)
"""Seconds since 1970, always that of a block."""

Seconds = NewType("Seconds", int)
"""A duration."""

PriceE36 = NewType("PriceE36", int)
"""Loan base units for one collateral base unit, times 10**36. Always positive where it is used."""

Numerator = NewType("Numerator", int)
"""Charges in wei times ``DEN``: bps x seconds x wei. Kept exact, rounded only when somebody pays."""

BPS: Final = 10_000
HOUR: Final = 3_600
YEAR: Final = 365 * 24 * HOUR
DEN: Final = BPS * YEAR
PRICE_SCALE: Final = 10**36

UINT16_MAX: Final = 2**16 - 1
UINT32_MAX: Final = 2**32 - 1
UINT96_MAX: Final = 2**96 - 1
UINT128_MAX: Final = 2**128 - 1
UINT144_MAX: Final = 2**144 - 1
UINT256_MAX: Final = 2**256 - 1

MAX_LIMIT: Final = Wei(2**92)
"""Greatest limit of one line: keeps every numerator below 2**143 for as long as timestamps fit 32 bits."""


def mul_div_down(a: int, b: int, denominator: int) -> int:
    """⌊a·b / denominator⌋ for a, b ≥ 0 and denominator > 0."""
    return a * b // denominator


def mul_div_up(a: int, b: int, denominator: int) -> int:
    """⌈a·b / denominator⌉ for a, b ≥ 0 and denominator > 0."""
    return -(-a * b // denominator)


def div_up(a: int, denominator: int) -> int:
    """⌈a / denominator⌉ for a ≥ 0 and denominator > 0."""
    return -(-a // denominator)


def zero_floor_sub(a: int, b: int) -> int:
    """max(0, a − b)."""
    return a - b if a > b else 0
