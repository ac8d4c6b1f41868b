"""One reporter: looks at its fact, signs what it saw, hands it to the leader, and when it leads, submits the round."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from oracles.facts.fact import Fact, answer_of
from oracles.reporting.feed import FeedMakeUp, FeedState, OnChainFeed
from oracles.reporting.observation import Observation, SignedObservation, sign
from oracles.reporting.pot import Pot, objection_to
from oracles.reporting.schedule import ReportPolicy, leader_at, why_due
from orchestrator.errors import CovenantError

log = logging.getLogger(__name__)

POST_TIMEOUT_S: Final = 3.0
OBSERVATIONS_PATH: Final = "/observations"

Submit = Callable[[bytes], Awaitable[None]]
"""Sends calldata to the feed and waits until it is mined. Raises CovenantError."""


class CannotReport(CovenantError):
    """What was seen can't be a round of this feed."""


@dataclass(slots=True)
class Reporter:
    """``peers`` are the other reporters' addresses and URLs; ``now`` says who leads, and nothing else."""

    feed: OnChainFeed
    make_up: FeedMakeUp
    fact: Fact
    account: LocalAccount
    peers: Mapping[ChecksumAddress, str]
    policy: ReportPolicy
    client: httpx.AsyncClient
    submit: Submit
    now: Callable[[], float] = time.time
    pot: Pot = field(init=False)
    _submitting: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        if self.account.address not in self.make_up.reporters:
            raise CannotReport(f"{self.account.address} is no reporter of this feed", "use the key of one that is")
        self.pot = Pot(self.make_up)

    async def step(self) -> str | None:
        """Looks once. Returns why a round is due, or None when none is.

        Raises:
            NothingSeen: the fact can't be told.
            CannotReport: what was seen is beyond the feed's bounds, or too old for it.
            RpcError: the chain can't be asked.
        """
        sighting = await self.fact.look()
        state = await self.feed.state()
        answer = answer_of(sighting.value, self.make_up.decimals)
        reason = why_due(state, answer, self.policy)
        if reason is None:
            return None
        # A block's clock is behind ours by up to its interval; what is seen now counts for the newest block.
        seen = Observation(state.round_id + 1, answer, min(sighting.observed_at, state.now))
        objection = objection_to(seen, self.make_up, state)
        if objection is not None:
            raise CannotReport(f"{self.fact.name}: {objection}", "the feed keeps its last answer; look at the fact")
        signed = sign(seen, self.feed.id, self.account)
        leader = leader_at(self.make_up.reporters, self.now(), self.policy.interval_s)
        log.info("observed", extra={"round": seen.round_id, "answer": answer, "because": reason, "leader": leader})
        if leader == self.account.address:
            self.pot.add(signed, state)
            await self.submit_if_complete(state)
        else:
            await self._hand_to(leader, signed)
        return reason

    async def accept(self, signed: SignedObservation) -> str | None:
        """Takes another reporter's observation, and submits the round that it completes. Returns why it is refused."""
        if signed.signer not in self.make_up.reporters:  # before the chain is asked: anybody can send
            return f"{signed.signer} is no reporter of this feed"
        state = await self.feed.state()
        refused = self.pot.add(signed, state)
        if refused is None:
            await self.submit_if_complete(state)
        return refused

    async def submit_if_complete(self, state: FeedState) -> None:
        """Submits the next round once a quorum is here. Another's submission that came first is no failure."""
        if self._submitting.locked():
            return
        async with self._submitting:
            observations = self.pot.round_from(state)
            if observations is None:
                return
            try:
                await self.submit(self.feed.submission(observations))
            except CovenantError as error:
                log.warning("not submitted: %s", error.message, extra={"round": state.round_id + 1})
            else:
                log.info("submitted", extra={"round": state.round_id + 1, "reporters": len(observations)})

    async def _hand_to(self, leader: ChecksumAddress, signed: SignedObservation) -> None:
        """A leader that can't be reached costs one interval: then the next one leads."""
        url = self.peers.get(leader)
        if url is None:
            log.warning("the leader %s has no URL here", leader)
            return
        try:
            response = await self.client.post(
                f"{url}{OBSERVATIONS_PATH}", json=signed.as_json(), timeout=POST_TIMEOUT_S
            )
        except httpx.HTTPError as error:
            log.warning("the leader %s cannot be reached: %s", leader, type(error).__name__)
            return
        if response.is_error:
            log.warning("the leader %s refused: %s", leader, response.text[:200])
