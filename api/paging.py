"""Keyset pages: a cursor is the sort key of the last row seen, so the last page costs what the first one does."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

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
    Query(alias="cursor", max_length=512, description="`next_cursor` of the page before; leave out for the first page."),
]


def encode_cursor(*key: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode_cursor(text: str, kinds: Sequence[type]) -> list[int | str]:
    """The key inside a cursor.

    Raises:
        Problem: it was not made by ``encode_cursor`` from values of these kinds.
    """
    try:
        key = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise malformed_cursor() from None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise malformed_cursor()
    if any(isinstance(part, int) and not 0 <= part <= BIGINT_MAX for part in key):
        raise malformed_cursor()
    return key


def malformed_cursor() -> Problem:
    return Problem(MALFORMED_CURSOR, "the cursor of this request was not made by this list")


# ---------------------------------------------------------------- lists ordered by our own clock, newest first


def encode_moment(moment: datetime, identity: uuid.UUID | str) -> str:
    return encode_cursor((moment - _EPOCH) // timedelta(microseconds=1), str(identity))


def decode_moment(text: str) -> tuple[datetime, str]:
    """The moment and the identity that breaks ties. Raises Problem as ``decode_cursor`` does."""
    microseconds, identity = decode_cursor(text, (int, str))
    if not isinstance(microseconds, int) or microseconds > _YEAR_9999:
        raise malformed_cursor()
    return _EPOCH + timedelta(microseconds=microseconds), str(identity)


def decode_moment_and_uuid(text: str) -> tuple[datetime, uuid.UUID]:
    """The same where the identity is a UUID. Raises Problem as ``decode_cursor`` does."""
    moment, identity = decode_moment(text)
    try:
        return moment, uuid.UUID(identity)
    except ValueError:
        raise malformed_cursor() from None
