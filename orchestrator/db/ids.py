"""Identifiers that nobody hands out. They lie in the order of time, so that an index of them grows at its end."""

from __future__ import annotations

import os
import time


def time_ordered_id() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 70 bits of chance. In hexadecimal, without hyphens."""
    chance = os.urandom(9).hex()
    return f"{time.time_ns() // 1_000_000:012x}7{chance[:3]}8{chance[3:]}"
