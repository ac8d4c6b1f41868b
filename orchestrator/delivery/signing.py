"""Signatures of webhooks, by the rules of Standard Webhooks, and the secrets that they are made with.

No secret is stored: each follows from one key of the service, the endpoint's id and a version. Whoever reads the
database learns none of them, and a new version is a new secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from orchestrator.errors import CovenantError

MIN_KEY_BYTES: Final = 32
_PREFIX: Final = "whsec_"


class UnusableKey(CovenantError):
    """The file with the key for webhooks cannot be read, or holds too little."""


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """Makes the secrets of endpoints from ``key``."""

    key: bytes

    @classmethod
    def load(cls, path: Path) -> Self:
        """From a file whose first line is the key. Raises UnusableKey."""
        try:
            line = path.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UnusableKey(
                f"the webhook key {path} cannot be read: {type(error).__name__}", "check COVENANT_WEBHOOK_KEY_FILE"
            ) from None
        if len(line.encode()) < MIN_KEY_BYTES:
            raise UnusableKey(
                f"the webhook key {path} has fewer than {MIN_KEY_BYTES} characters",
                "write a random one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )
        return cls(line.encode())

    def secret(self, endpoint_id: uuid.UUID, version: int) -> str:
        """As it is shown to the endpoint's owner."""
        return _PREFIX + base64.b64encode(self._raw(endpoint_id, version)).decode()

    def sign(
        self, endpoint_id: uuid.UUID, versions: Sequence[int], message_id: uuid.UUID, timestamp: int, body: bytes
    ) -> str:
        """The value of `webhook-signature`: one signature for each version that counts."""
        signed = f"{message_id}.{timestamp}.".encode() + body
        digests = (hmac.digest(self._raw(endpoint_id, version), signed, hashlib.sha256) for version in versions)
        return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)

    def _raw(self, endpoint_id: uuid.UUID, version: int) -> bytes:
        return hmac.digest(self.key, f"webhook:{endpoint_id}:{version}".encode(), hashlib.sha256)
