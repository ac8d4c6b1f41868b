"""What is told of one run, for whoever looks for the reason of a failure."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Told:
    """What happened, each with the second and the count of requests at which it did; and what how often."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    started_at: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        elapsed_s = time.monotonic() - self.started_at
        self.lines.append(f"{elapsed_s:6.2f} s {self.counts['requests']:5d}  {line}")
