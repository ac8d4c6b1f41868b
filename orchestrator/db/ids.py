"""Identifiers that nobody hands out. They lie in the order of time, so that an index of them grows at its end."""

from __future__ import annotations

import os
import time


def time_ordered_ids(count: int) -> list[str]:
    """UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, 70 bits of chance. In hexadecimal, without hyphens.

    All of this millisecond: to ask the system for chance costs as much as the rest, and is done once.
    """
    begin, chance = f"{time.time_ns() // 1_000_000:012x}7", os.urandom(9 * count).hex()
    return [f"{begin}{chance[at : at + 3]}8{chance[at + 3 : at + 18]}" for at in range(0, 18 * count, 18)]
