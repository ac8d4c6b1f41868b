"""Webhooks on the side of their receiver, by the rules of Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import AwareDatetime

from covenant_client.errors import NotAuthentic, Unreadable
from covenant_client.model import Model

TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock may be from ours. Older messages could be repeats by somebody who overheard them."""

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"


class Message(Model):
    """What a webhook was told. The same ``id`` comes again when it was not taken: act on it once."""

    id: UUID
    type: str
    """The event's kind, such as `line.drawn`."""
    timestamp: AwareDatetime
    """When the event was learnt."""
    data: dict[str, Any]
    """The event: position, block, payload."""


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secret: str | Iterable[str],
    *,
    now: datetime | None = None,
    tolerance: timedelta = TOLERANCE,
) -> Message:
    """The message in a request to a webhook, once it is sure that it was signed with ``secret`` or one of several.

    ``body`` is what came, byte for byte. ``now`` is the clock's time unless given.

    Raises:
        NotAuthentic: a header is missing, the time is too far from ``now``, or no signature is right.
        Unreadable: it is authentic, and no message all the same.
        ValueError: ``secret`` is none of a webhook's.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        identity, sent_at, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise NotAuthentic(f"the header {missing} is missing") from None
    _check_time(sent_at, now or datetime.now(UTC), tolerance)
    signed = f"{identity}.{sent_at}.".encode() + body
    if not _is_signed(signed, signatures, [secret] if isinstance(secret, str) else secret):
        raise NotAuthentic("no signature is right: is it the secret of this webhook, and the body unchanged?")
    try:
        return Message.model_validate({**json.loads(body), "id": identity})
    except (ValueError, TypeError):
        raise Unreadable("the body is signed, and no message of a webhook") from None


def _check_time(sent_at: str, now: datetime, tolerance: timedelta) -> None:
    if not (sent_at.isascii() and sent_at.isdigit()):
        raise NotAuthentic("the header 'webhook-timestamp' is no time")
    apart_s = now.timestamp() - int(sent_at)
    if abs(apart_s) > tolerance.total_seconds():
        raise NotAuthentic(f"it was sent {apart_s:.0f} s ago by our clock, which is more than {tolerance}")


def _is_signed(signed: bytes, signatures: str, secrets: Iterable[str]) -> bool:
    """Each comparison takes the same time, whatever is compared."""
    given = [one.removeprefix(_VERSION).encode() for one in signatures.split(" ") if one.startswith(_VERSION)]
    expected = [base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)) for secret in secrets]
    return any(hmac.compare_digest(one, right) for one in given for right in expected)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key or not secret.startswith(_PREFIX):
        raise ValueError(f"a webhook's secret is {_PREFIX} and base64")
    return key
