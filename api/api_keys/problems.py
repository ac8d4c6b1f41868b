"""What can be wrong with a question about a key."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_KEY: Final = Kind("unknown_key", 404, "Unknown key", "list your own keys with GET /v1/api-keys")
SCOPE_NOT_HELD: Final = Kind(
    "scope_not_held", 422, "A key cannot do what its maker may not",
    "leave out the scopes that GET /v1/sessions/current does not list for you",
)  # fmt: skip
