"""What a source says: a price, how much was traded at it, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol

from orchestrator.errors import CovenantError

MAX_DIGITS: Final = 64
MAX_MAGNITUDE: Final = 30
"""Powers of ten. What is beyond is refused before anyone calculates with it: a source must not be able to stop us."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in quote units for one base unit.

    Attributes:
        volume: base units traded in the last day; None where the source does not say (a bank's rate, a benchmark).
        observed_at: seconds since 1970, by our clock.
    """

    source: str
    price: Decimal
    volume: Decimal | None
    observed_at: int


class SourceFailed(CovenantError):
    """A source gave no quote; the message says which and why."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}", "the other sources go on; look at the source's own status page")
        self.source = source
        self.reason = reason


class Source(Protocol):
    """Gives a quote when asked. Raises SourceFailed."""

    @property
    def name(self) -> str: ...

    async def quote(self) -> Quote: ...


class BadAnswer(Exception):
    """An answer is not in the form that its source documents; the message says what is wrong."""


def decimal_of(value: Any, field: str) -> Decimal:
    """A finite number, given as JSON text or number (parsed as Decimal). Raises BadAnswer."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadAnswer(f"{field} is {value!r:.60}, not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadAnswer(f"{field} is {value!r:.60}, not a number") from None
    if not number.is_finite():
        raise BadAnswer(f"{field} is {value!r:.60}, not a finite number")
    if len(number.as_tuple().digits) > MAX_DIGITS or (number and abs(number.adjusted()) > MAX_MAGNITUDE):
        raise BadAnswer(f"{field} is {value!r:.60}, too large, too small or too long to be meant")
    return number


def instant_of(value: Any, field: str) -> int:
    """Seconds since 1970 from an ISO instant; without a zone it is UTC. Raises BadAnswer."""
    try:
        found = datetime.fromisoformat(value)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (TypeError, ValueError, OverflowError):
        raise BadAnswer(f"{field} is {value!r:.60}, not an instant") from None


def field_of(body: Any, name: str) -> Any:
    """A field of an object. Raises BadAnswer."""
    if not isinstance(body, dict) or name not in body:
        raise BadAnswer(f"the answer has no {name}")
    return body[name]
