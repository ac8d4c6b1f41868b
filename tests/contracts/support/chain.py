"""A chain that plays blocks of calls at chosen seconds and forgets them: what the rules are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction of ``sender``, which needs no key and no ether."""

    sender: str
    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Calls in their order, all in the second ``at``."""

    at: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned, or with ``ok`` false what it reverted with. Its changes stand only if it is ok."""

    ok: bool
    output: bytes


class Chain(Protocol):
    """``create`` and ``send`` change the ground that every ``play`` starts from; they raise when they revert."""

    chain_id: int

    def create(self, creation: bytes) -> str: ...

    def send(self, call: Call) -> bytes: ...

    def play(self, blocks: Sequence[Block]) -> list[Result]:
        """The results of all calls, in their order. Seconds increase from block to block. Nothing of it stays."""
        ...
