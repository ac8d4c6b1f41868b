"""Playing a feed's past again: which rounds, when each comes, and how far it has got. Pure but for one small file.

Rounds keep their distances. The first one played comes when the chain's clock is, all others as much later as they did;
a speed says how many seconds of the past go by in one second of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oracles.rounds import Round
from orchestrator.errors import CovenantError

AS_FAST_AS_MINED: Final = 0.0

_SPEED: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)x?")


class BadReplay(CovenantError):
    """What was asked for can't be played."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a replay has got: it goes on with the round ``next_index``, each second of the past ``shift_s`` later.

    ``of`` names what is played on which feed; another file, span or feed is another replay.
    """

    of: str
    next_index: int
    shift_s: int


def parse_speed(text: str) -> float:
    """``3600x``, ``1``; ``max`` for as fast as rounds are mined. Raises BadReplay."""
    if text == "max":
        return AS_FAST_AS_MINED
    found = _SPEED.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise BadReplay(f"{text!r} is no speed", "give one like 3600x (an hour in a second), or max")
    return float(found[1])


def parse_instant(text: str) -> int:
    """Seconds since 1970 from themselves, or from an ISO date or instant, in UTC unless it says otherwise.

    Raises:
        BadReplay: it is neither.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadReplay(f"{text!r} is no instant", "give one like 2023-06-10 or 2023-06-10T04:00, or seconds") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def between(rounds: Sequence[Round], first: int | None, last: int | None) -> Sequence[Round]:
    """The rounds from one second to another, both included. Raises BadReplay when there are none."""
    found = [
        one for one in rounds if (first is None or one.updated_at >= first) and (last is None or one.updated_at <= last)
    ]
    if not found:
        span = f"{rounds[0].updated_at} to {rounds[-1].updated_at}"
        raise BadReplay("no round is between --from and --to", f"the file's rounds go from {span}")
    return found


def name_of(rounds: Sequence[Round], feed: str) -> str:
    """The same for the same rounds on the same feed."""
    said = json.dumps([feed.lower(), *([one.answer, one.updated_at] for one in rounds)])
    return hashlib.sha256(said.encode()).hexdigest()


def begin_or_go_on(known: Position | None, name: str, rounds: Sequence[Round], chain_now: int) -> Position:
    """Where to go on: behind the last round that was played, in the chain's future.

    A chain whose clock went further meanwhile moves what is left; nothing is played twice.
    """
    if known is None or known.of != name or known.next_index >= len(rounds):
        return Position(name, 0, chain_now + 1 - rounds[0].updated_at)
    earliest_shift_s = chain_now + 1 - rounds[known.next_index].updated_at
    return Position(name, known.next_index, max(known.shift_s, earliest_shift_s))


def pause_before_s(rounds: Sequence[Round], index: int, speed: float) -> float:
    """How long to wait, by our clock, before the round ``index``, which is not the first."""
    if speed == AS_FAST_AS_MINED:
        return 0.0
    return (rounds[index].updated_at - rounds[index - 1].updated_at) / speed


def load_position(path: Path) -> Position | None:
    """None when there is no file, or none that we wrote."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Position(str(said["of"]), int(said["next_index"]), int(said["shift_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store_position(path: Path, position: Position) -> None:
    """Whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(position)), encoding="utf-8")
    os.replace(unfinished, path)
