"""The key that the secrets of a local stack's webhooks are made from."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def make_webhook_key(state_dir: Path) -> Path:
    """A file that only its owner may read, written on the first call and kept on every later one."""
    path = state_dir / "webhook-key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    return path
