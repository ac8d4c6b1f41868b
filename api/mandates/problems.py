"""What is wrong with a mandate. The trigger would refuse to register it for the same reasons."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

BAD_MANDATE: Final = Kind(
    "bad_mandate", 422, "The trigger refuses this mandate", "change the field named in `detail`, and sign again"
)
