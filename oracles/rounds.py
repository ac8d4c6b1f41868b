"""Rounds of a price feed, read from a CSV file: strictly, since what is read here ends up as a price on a chain.

Three forms are known by their header:

- ``,round,answer,start,update,answeredInRound``: rounds of a Chainlink feed as its aggregator returns them;
- ``time,open,high,low,close,volume``: hourly candles of an exchange, decimal prices, ``time`` the start of the hour;
- ``updated_at,answer``: our own.

Answers are integers in the feed's decimals; candles are converted to ``CANDLE_DECIMALS``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from orchestrator.errors import CovenantError

CANDLE_DECIMALS: Final = 8
CANDLE_S: Final = 3_600

CHAINLINK_HEADER: Final = ("", "round", "answer", "start", "update", "answeredInRound")
CANDLE_HEADER: Final = ("time", "open", "high", "low", "close", "volume")
PLAIN_HEADER: Final = ("updated_at", "answer")

_FIX_ROW: Final = "correct or delete the line, or ask for refused rows to be skipped"


@dataclass(frozen=True, slots=True)
class Round:
    """One answer of a feed: ``answer`` in the feed's decimals, ``updated_at`` in seconds since 1970. Not yet judged."""

    round_id: int
    answer: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no round: where it is and what is wrong with it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class RoundsFile:
    """What a file held: acceptable rounds, oldest first, and the refused rows (empty unless they were skipped)."""

    rounds: tuple[Round, ...]
    refused: tuple[RefusedRow, ...]


class BadRounds(CovenantError):
    """The file can't be played: unreadable, of no known form, or with a row that is no round."""


def refusal(candidate: Round) -> str | None:
    """Why a round must not be believed whatever the feed's policy, or None: answers and times are positive.

    Chainlink feeds have such rounds: the first of a phase reads as all zero (pitfall 36).
    """
    if candidate.answer <= 0 < candidate.updated_at:
        return f"the answer is {candidate.answer}, which is not a price"
    return unfinished(candidate)


def unfinished(candidate: Round) -> str | None:
    """Why a round says nothing at all, not even that a rate is zero, or None."""
    if candidate.updated_at <= 0:
        return f"updatedAt is {candidate.updated_at}: the round was never completed"
    return None


def read_rounds(path: Path, *, skip_refused: bool = False) -> RoundsFile:
    """Reads a CSV of rounds in one of the three forms.

    Args:
        path: the file; newest first and oldest first are both accepted.
        skip_refused: leave refused rows out and report them, instead of raising at the first.

    Raises:
        BadRounds: with the line number and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadRounds(f"there is no file {path}", "check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadRounds(f"{path} cannot be read as text: {error}", "give a CSV file of rounds") from error
    return parse_rounds(text.splitlines(), str(path), skip_refused=skip_refused)


def parse_rounds(lines: Iterable[str], source: str, *, skip_refused: bool = False) -> RoundsFile:
    """The same for the lines of a file; ``source`` names it in errors."""
    reader = csv.reader(lines)
    header = tuple(cell.strip() for cell in next(reader, ()))
    parse = _PARSERS.get(header)
    if parse is None:
        raise BadRounds(
            f"{source}, line 1: the header {','.join(header)!r} is of no known form",
            f"expected one of: {', '.join(repr(','.join(known)) for known in _PARSERS)}",
        )
    found: list[tuple[int, Round]] = []
    refused: list[RefusedRow] = []
    for cells in reader:
        if not cells:
            continue
        try:
            if len(cells) != len(header):
                raise _RowRefused(f"expected {len(header)} columns, found {len(cells)}")
            found.append((reader.line_num, parse(dict(zip(header, cells, strict=True)))))
        except _RowRefused as row:
            refused.append(RefusedRow(reader.line_num, str(row)))
    in_order = _oldest_first(found, refused)
    if refused and not skip_refused:
        first = min(refused, key=lambda row: row.line)
        more = f" ({len(refused)} such rows)" if len(refused) > 1 else ""
        raise BadRounds(f"{source}, line {first.line}: {first.reason}{more}", _FIX_ROW)
    if not in_order:
        raise BadRounds(f"{source} has no rounds", "give a file with at least one round")
    return RoundsFile(in_order, tuple(sorted(refused, key=lambda row: row.line)))


class _RowRefused(Exception):
    """A row is no round; the message says why."""


def _oldest_first(found: list[tuple[int, Round]], refused: list[RefusedRow]) -> tuple[Round, ...]:
    """Rounds in order of time; what breaks it joins ``refused``. Two rounds may share a second, in order of id."""
    if found and _moment(found[0][1]) > _moment(found[-1][1]):
        found.reverse()
    kept: list[Round] = []
    for line, candidate in found:
        if kept and candidate.updated_at < kept[-1].updated_at:
            refused.append(RefusedRow(line, f"{candidate.updated_at} is out of order: rows are sorted by time"))
        elif kept and 0 < candidate.round_id <= kept[-1].round_id:
            refused.append(RefusedRow(line, f"round {candidate.round_id} is out of order, or there twice"))
        else:
            kept.append(candidate)
    return tuple(
        candidate if candidate.round_id else Round(number, candidate.answer, candidate.updated_at)
        for number, candidate in enumerate(kept, start=1)
    )


def _moment(one: Round) -> tuple[int, int]:
    return one.updated_at, one.round_id


def _accepted(candidate: Round) -> Round:
    reason = refusal(candidate)
    if reason is not None:
        raise _RowRefused(reason)
    return candidate


def _chainlink_round(row: Mapping[str, str]) -> Round:
    round_id = _integer(row, "round")
    if round_id <= 0:
        raise _RowRefused(f"round is {round_id}: ids are positive")
    return _accepted(Round(round_id, _integer(row, "answer"), _integer(row, "update")))


def _plain_round(row: Mapping[str, str]) -> Round:
    return _accepted(Round(0, _integer(row, "answer"), _integer(row, "updated_at")))


def _candle_round(row: Mapping[str, str]) -> Round:
    """The close of a candle is known when its hour is over. An hour without a trade has no price (pitfall 38)."""
    low, close, high = (_decimal(row, name) for name in ("low", "close", "high"))
    if not low <= close <= high:
        raise _RowRefused(f"the close {close} is outside the candle's low {low} and high {high}")
    if _decimal(row, "volume") <= 0:
        raise _RowRefused("the volume is 0: nobody traded at this price")
    answer = int(close.scaleb(CANDLE_DECIMALS).to_integral_value())
    return _accepted(Round(0, answer, _integer(row, "time") + CANDLE_S))


def _integer(row: Mapping[str, str], name: str) -> int:
    text = row[name].strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 78):
        hint = " (195.12 with 8 decimals is 19512000000)" if name == "answer" else ""
        raise _RowRefused(f"{name} {text[:80]!r} is not an integer{hint}")
    return int(text)


def _decimal(row: Mapping[str, str], name: str) -> Decimal:
    text = row[name].strip()
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _RowRefused(f"{name} {text[:80]!r} is not a number") from None
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** 18:
        raise _RowRefused(f"{name} {text[:80]!r} is not a price")
    return value


_PARSERS: Final[Mapping[tuple[str, ...], Callable[[Mapping[str, str]], Round]]] = {
    CHAINLINK_HEADER: _chainlink_round,
    CANDLE_HEADER: _candle_round,
    PLAIN_HEADER: _plain_round,
}
