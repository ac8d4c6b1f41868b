"""What is wrong with a sign-in."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

SIGN_IN_REFUSED: Final = Kind(
    "sign_in_refused", 401, "The sign-in message is not accepted",
    "ask for a new message with POST /v1/sessions/nonce and sign it unchanged, with the account that it names",
)  # fmt: skip
