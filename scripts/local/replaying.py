"""Plays rounds onto the feed of a local chain, one after the other, from where the last run stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oracles.replay import begin_or_go_on, load_position, name_of, pause_before_s, store_position
from oracles.rounds import Round
from scripts.local.people import Deployed, Person
from scripts.local.rounds import chain_now, publish


@dataclass(frozen=True, slots=True)
class Replaying:
    """``position_file`` remembers how far it has got; ``sleep`` is our clock, which tests bring along."""

    oracle: Person
    feed: Deployed
    rounds: Sequence[Round]
    speed: float
    position_file: Path
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, progress: Callable[[int], None]) -> int:
        """Returns how many rounds were played. ``progress`` is told how many are done, those of earlier runs included.

        What was published is remembered before the next is waited for: a run that is broken off plays nothing twice,
        but for the one round that it was publishing.

        Raises:
            TransactionFailed: the chain refused a round; the next run goes on with it.
        """
        rpc = self.oracle.wallet.rpc
        name = name_of(self.rounds, self.feed.address)
        position = begin_or_go_on(load_position(self.position_file), name, self.rounds, await chain_now(rpc))
        first = position.next_index
        progress(first)
        for index in range(first, len(self.rounds)):
            if index > first:
                await self.sleep(pause_before_s(self.rounds, index, self.speed))
            one = self.rounds[index]
            published = await publish(self.oracle, self.feed, one.answer, one.updated_at + position.shift_s)
            # The service transacts in between, so the chain may be ahead of the plan by now.
            late_s = published.updated_at - (one.updated_at + position.shift_s)
            position = replace(position, next_index=index + 1, shift_s=position.shift_s + late_s)
            store_position(self.position_file, position)
            progress(index + 1)
        return len(self.rounds) - first
