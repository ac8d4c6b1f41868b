"""Why somebody is not let in."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

NOT_SIGNED_IN: Final = Kind(
    "not_signed_in", 401, "This needs a key or a session",
    "send `Authorization: Bearer <API key>`, or sign in with POST /v1/sessions",
)  # fmt: skip
BAD_CREDENTIALS: Final = Kind(
    "bad_credentials", 401, "The key or session is not valid", "it is unknown, expired or revoked: get a new one"
)
OUT_OF_SCOPE: Final = Kind(
    "out_of_scope", 403, "This account or key may not do that",
    "use a key with the scope named in `detail`; its account must have a role that allows it",
)  # fmt: skip
FOREIGN_ORIGIN: Final = Kind(
    "foreign_origin", 403, "Another site sent this request",
    "a session acts only from this site's own pages; programs use an API key",
)  # fmt: skip
