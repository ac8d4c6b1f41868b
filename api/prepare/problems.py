"""Why a transaction cannot be built."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_TOKEN: Final = Kind(
    "unknown_token", 422, "No market has this token", "use the loan or collateral token of a listed market"
)
