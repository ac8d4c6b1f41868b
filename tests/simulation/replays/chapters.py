"""Whole files cut into chapters: each is played over a book of its own, opened around the price at which it begins.

So a book never is so far from the market that nothing of it can fire, chapters can be played side by side, and those
that passed need not be played again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.simulation.replays.rounds import FileRound

ROUNDS: Final = 250
"""In a chapter."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """``begins_at``: the place of its first round in the file, from 0."""

    file: str
    begins_at: int
    rounds: Sequence[FileRound]

    def __str__(self) -> str:
        return f"{self.file}, rounds {self.begins_at} to {self.begins_at + len(self.rounds) - 1}"

    @property
    def first_answer(self) -> int:
        """The first that is one."""
        return next(one.answer for one in self.rounds if one.answer)


def chapters_of(files: Mapping[str, Sequence[FileRound]], at_most: int | None = None) -> Sequence[Chapter]:
    """Of all files, in their order; ``at_most``: so many rounds of each."""
    return [
        Chapter(name, start, rounds[:at_most][start : start + ROUNDS])
        for name, rounds in files.items()
        for start in range(0, len(rounds[:at_most]), ROUNDS)
    ]
