"""The providers of one chain in order of preference: which of them to ask now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.chain.reader import ChainReader, WrongChain
from orchestrator.chain.rpc import RpcError

log = logging.getLogger(__name__)

FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 60.0


@dataclass(slots=True)
class _Standing:
    """What is known of a provider. ``checked``: it was asked for its chain since it last failed."""

    reader: ChainReader
    checked: bool = False
    failures: int = 0
    rests_until_s: float = float("-inf")
    wrong: WrongChain | None = None


class Providers:
    """Chooses, and is told how it went. A provider that failed rests, longer each time; one of another chain is out."""

    def __init__(
        self, readers: Sequence[ChainReader], chain_id: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._standings = [_Standing(reader) for reader in readers]
        self._chain_id = chain_id
        self._now = now

    async def current(self) -> ChainReader:
        """The first provider that does not rest, or the one that has rested longest. It serves our chain.

        Raises:
            WrongChain: none of the providers does.
            RpcError: the provider could not be asked; it rests now.
        """
        while True:
            standing = self._choose()
            if standing.checked:
                return standing.reader
            try:
                await standing.reader.require_chain_id(self._chain_id)
            except WrongChain as wrong:
                standing.wrong = wrong
                log.error("%s: it is left out", wrong.message)
            except (RpcError, ValueError):
                self.failed(standing.reader)
                raise
            else:
                standing.checked = True

    def answered(self, reader: ChainReader) -> None:
        """It did what it was asked."""
        self._of(reader).failures = 0

    def failed(self, reader: ChainReader) -> None:
        """It failed, contradicted itself, or lags behind what others have said."""
        standing = self._of(reader)
        rest_s = min(FIRST_REST_S * 2**standing.failures, LONGEST_REST_S)
        standing.checked, standing.failures = False, standing.failures + 1
        standing.rests_until_s = self._now() + rest_s

    @property
    def all_rest(self) -> bool:
        """Whether nobody is left who could do better at once."""
        now = self._now()
        return all(one.wrong or one.rests_until_s > now for one in self._standings)

    def _choose(self) -> _Standing:
        usable = [one for one in self._standings if one.wrong is None]
        if not usable:
            raise self._standings[0].wrong or AssertionError("there are no providers")
        now = self._now()
        rested = next((one for one in usable if one.rests_until_s <= now), None)
        return rested or min(usable, key=lambda one: one.rests_until_s)

    def _of(self, reader: ChainReader) -> _Standing:
        return next(one for one in self._standings if one.reader is reader)
