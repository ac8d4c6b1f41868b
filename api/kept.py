"""What one version of the mirror says of all lines: worked out once, however many ask for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 256
"""Answers that are kept."""


@dataclass(slots=True)
class _Answer(Generic[T]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: list[T] = field(default_factory=list)


class Kept(Generic[T]):
    """Answers by the mirror's version and by question; whoever asks the same at the same time waits for the first.

    Exact, since every transaction that changes what is mirrored gives the cursor a new version.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, _Answer[T]] = OrderedDict()

    async def get(self, version: Hashable, question: Hashable, work_out: Callable[[], Awaitable[T]]) -> T:
        """``work_out`` must read in a snapshot of that ``View.version``.

        What it raises goes to its caller and is not kept.
        """
        key = version, question
        answer = self._answers.setdefault(key, _Answer())
        self._answers.move_to_end(key)
        if len(self._answers) > _MOST:
            self._answers.popitem(last=False)
        async with answer.lock:
            if not answer.found:
                answer.found.append(await work_out())
            return answer.found[0]
