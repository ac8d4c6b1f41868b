"""Keyset pages: a cursor is the sort key of the last row seen, so the last page costs what the first one does."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import orjson
from fastapi import Query

from api.problems import MALFORMED_CURSOR, Problem
from api.wire import BIGINT_MAX

MAX_PAGE: Final = 200
DEFAULT_PAGE: Final = 50

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_9999: Final = 253_402_300_799_000_000
"""Microseconds to the last second that PostgreSQL and Python both can name."""

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description=f"Rows on a page, at most {MAX_PAGE}.")]
CursorText = Annotated[
    str | None,
    Query(alias="cursor", max_length=512, description="`next_cursor` of the page before; none for the first page."),
]


def encode_cursor(*key: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode_integers(text: str, count: int) -> list[int]:
    """A key of ``count`` integers that fit a bigint column.

    Raises:
        Problem: the cursor was not made by ``encode_cursor`` from such a key.
    """
    key = decode_key(text)
    if len(key) != count or not all(_is_bigint(part) for part in key):
        raise malformed_cursor()
    return key


def decode_key(text: str) -> list[Any]:
    """Whatever list ``encode_cursor`` was given. Raises Problem for what it never made."""
    try:
        key = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except ValueError:
        raise malformed_cursor() from None
    if not isinstance(key, list):
        raise malformed_cursor()
    return key


def _is_bigint(part: object) -> bool:
    return isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= BIGINT_MAX


def within(number: int, greatest: int) -> int:
    """A part of a key that must fit its column. Raises Problem as ``decode_integers`` does."""
    if isinstance(number, bool) or not 0 <= number <= greatest:
        raise malformed_cursor()
    return number


def malformed_cursor() -> Problem:
    return Problem(MALFORMED_CURSOR, "the cursor of this request was not made by this list")


# ---------------------------------------------------------------- lists ordered by our own clock, newest first


def encode_moment(moment: datetime, identity: uuid.UUID | str) -> str:
    return encode_cursor((moment - _EPOCH) // timedelta(microseconds=1), str(identity))


def decode_moment(text: str) -> tuple[datetime, str]:
    """The moment and the identity that breaks ties. Raises Problem as ``decode_integers`` does."""
    match decode_key(text):
        case [int(microseconds), str(identity)] if 0 <= microseconds <= _YEAR_9999:
            return _EPOCH + timedelta(microseconds=microseconds), identity
    raise malformed_cursor()


def decode_moment_and_uuid(text: str) -> tuple[datetime, uuid.UUID]:
    """The same where the identity is a UUID. Raises Problem as ``decode_integers`` does."""
    moment, identity = decode_moment(text)
    try:
        return moment, uuid.UUID(identity)
    except ValueError:
        raise malformed_cursor() from None
