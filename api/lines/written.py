"""Lines as JSON, written once for as long as they stay what they are: pages of lines are asked for again and again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from api.lines.documents import detail_members, instant_document, moving_members, standing_members
from api.lines.rows import FoundLine, LineRow
from api.lines.schemas import Health
from api.lines.service import AccruedLine, accrue
from api.snapshot import View
from api.wire import Finality
from orchestrator.credit.steady import Steady, steady
from orchestrator.credit.units import Timestamp

_MOST_BYTES: Final = 128 * 2**20
_BESIDE_JSON: Final = 700
"""Bytes that a kept line takes beside its JSON."""
_HOLE: Final = b"\0"
"""Cannot be part of JSON."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What no time moves. ``json`` is that of ``standing_members`` without its last brace.

    Attributes:
        fingerprint: of the row that it was written from.
        blocks: those that opened the line and led to its state, whose ``finalities`` it tells.
    """

    fingerprint: int
    blocks: tuple[int, int]
    finalities: tuple[Finality, Finality]
    json: bytes

    def holds(self, fingerprint: int, view: View) -> bool:
        return self.fingerprint == fingerprint and self.finalities == _finalities(self.blocks, view)


@dataclass(frozen=True, slots=True)
class _Written:
    """A line with two holes: the second that it is shown at, and its debt then.

    ``before_debt`` and ``after_debt`` are the JSON of ``moving_members`` but its first member, while ``steady`` holds.
    """

    standing: _Standing
    steady: Steady
    before_debt: bytes
    after_debt: bytes

    def holds(self, fingerprint: int, view: View) -> bool:
        return self.standing.holds(fingerprint, view) and self.steady.holds_at(view.now)

    def shown(self, at: bytes, now: Timestamp) -> bytes:
        """JSON of ``line_document``; ``at`` is that of its second."""
        debt = self.steady.debt(now)
        return b"%b%b%b%d%b" % (self.standing.json, at, self.before_debt, debt, self.after_debt)

    @property
    def size(self) -> int:
        return len(self.standing.json) + len(self.before_debt) + len(self.after_debt) + _BESIDE_JSON


class WrittenLines:
    """Pages of lines, for which the database need only say which lines they have and that these are the same.

    A line is known again by the fingerprint of its row and by the finality of its blocks; between its bills only its
    debt moves, by the same each second. Those that were written first go first when there are too many bytes.

    Attributes:
        seed: of the fingerprints, for as long as the process lives.
        kept_bytes: what all of it takes, about.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self.seed = secrets.randbits(62) | 1 << 62
        self._most_bytes = most_bytes
        self.kept_bytes = 0
        self._kept: dict[int, _Written] = {}

    def items(self, lines: Sequence[FoundLine], view: View) -> list[orjson.Fragment] | None:
        """JSON of ``line_document`` for each; None if one that comes without its row is not known."""
        now, at = view.now, _at(view)
        items = []
        for line in lines:
            written = self._kept.get(line.line_id)
            if written is None or not written.holds(line.fingerprint, view):
                if not line.raw:
                    return None
                written = self._write(line, view)
            items.append(orjson.Fragment(written.shown(at, now)))
        return items

    def detail(self, line: FoundLine, accrued: AccruedLine, view: View, health: Health) -> bytes:
        """JSON of ``detail_document``."""
        kept = self._kept.get(line.line_id)
        if kept is not None and kept.standing.holds(line.fingerprint, view):
            standing = kept.standing
        else:
            standing = _standing(line, accrued, view)
        more = {**moving_members(accrued, view), **detail_members(accrued, view, health)}
        return b"%b,%b" % (standing.json, orjson.dumps(more)[1:])

    def _write(self, line: FoundLine, view: View) -> _Written:
        accrued = accrue(LineRow.of(line.raw), view.now)
        written = _Written(
            _standing(line, accrued, view), steady(accrued.state, accrued.terms), *_around_debt(accrued, view)
        )
        before = self._kept.pop(line.line_id, None)
        self.kept_bytes += written.size - (0 if before is None else before.size)
        self._kept[line.line_id] = written
        while self.kept_bytes > self._most_bytes:
            self.kept_bytes -= self._kept.pop(next(iter(self._kept))).size
        return written


def _standing(line: FoundLine, accrued: AccruedLine, view: View) -> _Standing:
    blocks = accrued.row.opened_block_number, accrued.row.state_block_number
    json = orjson.dumps(standing_members(accrued.line, view))[:-1]
    return _Standing(line.fingerprint, blocks, _finalities(blocks, view), json)


def _finalities(blocks: tuple[int, int], view: View) -> tuple[Finality, Finality]:
    opened, changed = blocks
    return view.finality(opened), view.finality(changed)


def _at(view: View) -> bytes:
    """The first of ``moving_members``, as it stands between the others."""
    return b',"at":%b,' % orjson.dumps(instant_document(view.now))


def _around_debt(accrued: AccruedLine, view: View) -> tuple[bytes, bytes]:
    """JSON of the other ``moving_members``, before the number of the debt and after it."""
    members = moving_members(accrued, view)
    del members["at"]
    members["owed"]["debt"]["base_units"] = orjson.Fragment(b'"%b"' % _HOLE)
    before, after = orjson.dumps(members)[1:].split(_HOLE)
    return before, after
