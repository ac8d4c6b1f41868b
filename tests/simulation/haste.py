"""What the simulation does not wait for: how fast a provider may be asked is learned in moments, not in minutes.

Nor does it wait for a past that is long enough to be read by a second process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from orchestrator.chain import rate
from orchestrator.mirror import follow

TIMES = 100


@contextmanager
def in_haste() -> Iterator[None]:
    """Who was refused asks less often all the same, and more often again when nobody refuses."""
    slowest, growth = rate.SLOWEST_CALLS_PER_S * TIMES, rate.GROWTH_CALLS_PER_S * TIMES
    learned = patch.multiple(rate, SLOWEST_CALLS_PER_S=slowest, GROWTH_CALLS_PER_S=growth)
    with learned, patch.object(follow, "READ_AHEAD_FROM", 1):
        yield
