"""Secrets that are shown once: 256 random bits each, known to the database by their SHA-256 alone."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from typing import Final

_API_KEY: Final = re.compile(r"cov_([0-9a-f]{32})_([A-Za-z0-9_-]{43})", re.ASCII)


def new_secret() -> str:
    """43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def write_api_key(key_id: uuid.UUID, secret: str) -> str:
    """The form in which a key is handed out. Its start makes a leaked one easy to find."""
    return f"cov_{key_id.hex}_{secret}"


def read_api_key(text: str) -> tuple[uuid.UUID, str] | None:
    """Id and secret; None for what is no key of ours."""
    found = _API_KEY.fullmatch(text)
    return None if found is None else (uuid.UUID(found[1]), found[2])
