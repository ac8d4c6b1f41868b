"""What an exchange has to say of itself: where to ask, and how to read what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last trade. ``at`` is None where the exchange does not say when: then the second it answered counts."""

    price: Decimal
    volume: Decimal | None
    at: int | None


class Exchange(Protocol):
    """A wire format. ``read`` raises BadAnswer."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def params(self) -> Mapping[str, str]: ...

    def read(self, body: Any) -> Ticker: ...
