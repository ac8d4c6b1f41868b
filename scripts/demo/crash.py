"""The fall of ETH/USD on 12 and 13 March 2020, in 29 hourly rounds: its course and depth, with our own numbers."""

from __future__ import annotations

from typing import Final

from oracles.rounds import Round

DECIMALS: Final = 8
HOUR_S: Final = 3_600

STARTS_AT: Final = 1_583_967_600
"""11 March 2020, 23:00 UTC. The demo plays the rounds from its own chain's present on; only the distances count."""

CENTS: Final = (
    19_490, 19_415, 19_320, 19_205, 19_060, 18_890,
    18_745, 18_610, 18_425, 18_290, 18_165, 17_880,
    17_180, 16_815, 13_275, 13_860, 13_520, 13_975,
    14_110, 13_825, 13_680, 12_985, 13_105, 12_640,
    10_985, 10_750, 9_185, 8_820, 8_710,
)  # fmt: skip


def rounds() -> tuple[Round, ...]:
    """Oldest first, an hour apart, from 194.90 to 87.10 US dollars."""
    scale = 10**DECIMALS // 100
    return tuple(
        Round(number, cents * scale, STARTS_AT + (number - 1) * HOUR_S) for number, cents in enumerate(CENTS, start=1)
    )
