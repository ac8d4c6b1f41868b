"""Static ABI types: data that is nothing but 32-byte words. Fast enough for every log of a chain.

All padding is checked by one AND over the whole data, and each value is read from its significant bytes alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

WORD = 32

Read = Callable[[bytes], Any]


class UndecodableData(ValueError):
    """Data does not have the form that its ABI type demands."""


@dataclass(frozen=True, slots=True)
class StaticType:
    """A type of one word. ``padding``: the bits that must be zero; ``read``: from the bytes ``start`` to ``end``."""

    name: str
    padding: int
    start: int
    end: int
    read: Read


def static_type(name: str) -> StaticType | None:
    """The type of this canonical name; None if it is not one word, or none that the contracts of Covenant use."""
    if name == "address":
        return StaticType(name, ~(2**160 - 1), 12, WORD, _hex)
    if name == "bool":
        return StaticType(name, ~1, WORD - 1, WORD, b"\x01".__eq__)
    match = re.fullmatch(r"(uint|int|bytes)(\d+)", name)
    if match is None:
        return None
    size = int(match[2])
    if match[1] == "uint":
        return StaticType(name, ~(2**size - 1), WORD - size // 8, WORD, int.from_bytes)
    if match[1] == "bytes":
        return StaticType(name, 2 ** (8 * (WORD - size)) - 1, 0, size, _hex)
    return StaticType(name, 0, 0, WORD, partial(_signed, size))


class WordReader:
    """Reads a fixed sequence of static types."""

    def __init__(self, types: Sequence[StaticType]) -> None:
        self.size = WORD * len(types)
        self._types = tuple(types)
        self._padding = int.from_bytes(b"".join((one.padding % 2**256).to_bytes(WORD, "big") for one in types), "big")
        self._reads = [(one.read, at + one.start, at + one.end) for one, at in zip(types, count(0, WORD), strict=False)]

    def __call__(self, data: bytes) -> list[Any]:
        """The values: int, bool, or for addresses and fixed bytes a lower-case 0x-string. Raises UndecodableData."""
        if len(data) != self.size:
            raise UndecodableData(f"expected {self.size} bytes, got {len(data)}")
        if int.from_bytes(data, "big") & self._padding:
            raise UndecodableData(f"a value is beyond its type in {', '.join(self._overfull(data))}")
        return [read(data[start:end]) for read, start, end in self._reads]

    def _overfull(self, data: bytes) -> list[str]:
        words = (int.from_bytes(data[at : at + WORD], "big") for at in range(0, self.size, WORD))
        return [one.name for one, word in zip(self._types, words, strict=True) if word & one.padding % 2**256]


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()


def _signed(bits: int, word: bytes) -> int:
    value = int.from_bytes(word, "big", signed=True)
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise UndecodableData(f"an int{bits} has more than {bits} bits")
    return value
