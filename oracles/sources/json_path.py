"""Any JSON over HTTP: a path to the number, one to its time, one to a volume. For rates, benchmarks and whatever comes.

A path is fields and list indices with dots between: ``rates.EUR``, ``refRates.0.percentRate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import BadAnswer, decimal_of, instant_of

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class JsonPath:
    """``time_path`` leads to seconds since 1970, an ISO instant, or an ISO date, which means its end in UTC."""

    name: str
    path: str
    value_path: str
    time_path: str | None = None
    volume_path: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    def read(self, body: Any) -> Ticker:
        """Follows the paths."""
        return Ticker(
            price=decimal_of(follow(body, self.value_path), self.value_path),
            volume=None if self.volume_path is None else decimal_of(follow(body, self.volume_path), self.volume_path),
            at=None if self.time_path is None else _instant(follow(body, self.time_path), self.time_path),
        )


def follow(body: Any, path: str) -> Any:
    """What a path leads to. Raises BadAnswer, which names the step that is not there."""
    found = body
    for step in path.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise BadAnswer(f"{path}: there is no {step!r}")
    return found


def _instant(value: Any, path: str) -> int:
    if not isinstance(value, str) or "-" not in value:
        return int(decimal_of(value, path))
    at = instant_of(value, path)
    return at + DAY_S - 1 if len(value) == len("2020-03-13") else at
