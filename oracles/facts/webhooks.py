"""Signed webhooks of payment providers, in the form of Standard Webhooks: who sent it, when, and that it is whole.

Headers: ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``, one or several ``v1,<base64>`` with
blanks between. A signature is HMAC-SHA256 over ``id.timestamp.body``; several let a secret be changed without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from oracles.facts.receipts import Receipt
from orchestrator.errors import CovenantError

TOLERANCE_S: Final = 300
"""How old or new a webhook may be: a replay after that is refused before its id is looked up."""

MAX_BODY_BYTES: Final = 64 * 1_024
MAX_CENTS: Final = 10**15
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix that all secrets have

SIGNS: Final[Mapping[str, int]] = {
    "card.captured": 1,
    "bank.received": 1,
    "card.refunded": -1,
    "card.charged_back": -1,
    "bank.returned": -1,
}
"""Kinds of receipts, and whether they add to revenue or take from it."""


class WebhookRefused(CovenantError):
    """Not signed by this merchant's provider, too old, or not a receipt."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What a provider and we share. Shown by nothing."""

    key: bytes

    @classmethod
    def of(cls, text: str) -> Secret:
        """From ``whsec_<base64>``. Raises WebhookRefused."""
        try:
            key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if len(key) < 24:
            raise WebhookRefused("a webhook secret is no base64 of at least 24 bytes", "copy it from the provider")
        return cls(key)

    def __repr__(self) -> str:
        return "<Secret>"

    def sign(self, event_id: str, timestamp: int, body: bytes) -> str:
        """The signature as it stands in the header."""
        signed = f"{event_id}.{timestamp}.".encode() + body
        return "v1," + base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()


def receipt_of(
    merchant: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], currency: str, now: int
) -> Receipt:
    """The receipt that a webhook tells of.

    Raises:
        WebhookRefused: with what is wrong, but never with what would be right.
    """
    event_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not event_id or len(event_id) > 255 or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise WebhookRefused("webhook-id or webhook-timestamp is missing", "send the headers of Standard Webhooks")
    if len(body) > MAX_BODY_BYTES:
        raise WebhookRefused(f"the body is larger than {MAX_BODY_BYTES} bytes", "send one receipt at a time")
    sent_at = int(timestamp)
    given = [one for one in headers.get("webhook-signature", "").split(" ") if one.startswith("v1,")]
    expected = [secret.sign(event_id, sent_at, body) for secret in secrets]
    if not any(hmac.compare_digest(a.encode(), b.encode()) for a in expected for b in given):
        raise WebhookRefused("the signature is not that of this merchant's provider", "check the shared secret")
    if abs(now - sent_at) > TOLERANCE_S:
        raise WebhookRefused(f"the webhook is {abs(now - sent_at)} s old or new", "check both clocks and repeat")
    return _receipt(merchant, event_id, body, currency)


def _receipt(merchant: str, event_id: str, body: bytes, currency: str) -> Receipt:
    try:
        content = orjson.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise WebhookRefused("the body is no JSON object with data", "send type, data.amount and data.currency")
    kind, data = content.get("type"), content["data"]
    if not isinstance(kind, str) or kind not in SIGNS:
        raise WebhookRefused(f"type is {kind!r:.40}", f"one of {', '.join(SIGNS)}")
    cents = _whole(data, "amount", MAX_CENTS)
    if data.get("currency") != currency:
        raise WebhookRefused(f"currency is {data.get('currency')!r:.10}, not {currency}", "one feed adds one currency")
    return Receipt(merchant, event_id, SIGNS[kind] * cents, _whole(data, "occurred_at", 2**40))


def _whole(data: Mapping[str, Any], name: str, most: int) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise WebhookRefused(f"data.{name} is {value!r:.40}", f"a whole number from 0 to {most}")
    return value
