"""Which rounds the demo plays: its own, or a window of a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oracles.rounds import BadRounds, RefusedRow, Round, parse_rounds
from orchestrator.errors import CovenantError
from scripts.demo import crash
from scripts.local.bootstrap import FEED_DECIMALS

DEFAULT_LIMIT: Final = 60

LOWEST_FIRST_ANSWER: Final = 10**FEED_DECIMALS
HIGHEST_FIRST_ANSWER: Final = 1_000_000 * 10**FEED_DECIMALS
"""The terms are scaled to the first price, so that must be a price of one WETH in dollars: 1 to 1,000,000."""


class CannotPlay(CovenantError):
    """The file has nothing that the demo could play."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """Rounds, oldest first, at least one; `words` say what they are. The plot of the demo's `own` rounds is known."""

    rounds: tuple[Round, ...]
    words: str
    own: bool
    refused: tuple[RefusedRow, ...] = ()


def own_rounds() -> Playlist:
    return Playlist(crash.rounds(), "29 hourly rounds in the shape of 12 and 13 March 2020", own=True)


def rounds_of_file(
    path: Path, *, first_row: int = 1, limit: int = DEFAULT_LIMIT, skip_refused: bool = False
) -> Playlist:
    """Rows `first_row` to `first_row + limit - 1` of a CSV in one of the forms of `oracles.rounds`, oldest first.

    Rows outside of the window are not looked at.

    Raises:
        BadRounds: the file, or a row of the window, is not what it should be.
        CannotPlay: there is no such row, or the first price is no price of one ether in dollars.
    """
    lines = _lines(path)
    window = lines[first_row : first_row + limit]
    if len(lines) > 1 and not window:
        raise CannotPlay(f"{path} has {len(lines) - 1} rows, so none from row {first_row} on", "give a smaller --from")
    # Blank lines keep the numbers of the others true in what is said of them.
    try:
        found = parse_rounds([*lines[:1], *[""] * (first_row - 1), *window], str(path), skip_refused=skip_refused)
    except BadRounds as error:
        hint = error.hint.replace("ask for refused rows to be skipped", "pass --skip-refused")
        raise BadRounds(error.message, hint) from None
    first = found.rounds[0]
    if not LOWEST_FIRST_ANSWER <= first.answer <= HIGHEST_FIRST_ANSWER:
        raise CannotPlay(
            f"{path}: the first answer played, {first.answer}, is {first.answer / 10**FEED_DECIMALS:g} dollars",
            f"the demo plays prices of one ether between 1 and 1,000,000 dollars, with {FEED_DECIMALS} decimals",
        )
    words = (
        f"rows {first_row} to {first_row + len(window) - 1} of the {len(lines) - 1} in {path.name}: "
        f"{len(found.rounds)} rounds, {_day(first.updated_at)} to {_day(found.rounds[-1].updated_at)}"
    )
    return Playlist(found.rounds, words, own=False, refused=found.refused)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise BadRounds(f"there is no file {path}", "check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadRounds(f"{path} cannot be read as text: {error}", "give a CSV file of rounds") from None


def _day(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%-d %B %Y %H:%M}"
