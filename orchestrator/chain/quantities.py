"""Integers as JSON-RPC writes them: 0x-hexadecimal without leading zeros."""

from __future__ import annotations


def quantity(value: int) -> str:
    """`0x…` of a non-negative integer."""
    return hex(value)


def integer(value: object) -> int:
    """The integer of a `0x…` quantity. Raises ValueError for anything else."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError(f"not a 0x-quantity: {str(value)[:80]!r}")
    return int(value, 16)
