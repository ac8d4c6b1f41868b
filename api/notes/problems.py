"""What can be wrong with a question about notes."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

NOTE_BURNED: Final = Kind(
    "note_burned",
    404,
    "The line's NFT is burned",
    "a closed line whose claim is paid out has none: read the line",
)
