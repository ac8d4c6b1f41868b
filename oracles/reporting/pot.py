"""What a leader has been given for the next round: at most one observation of each reporter, all of them acceptable."""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_typing import ChecksumAddress

from oracles.reporting.feed import FeedMakeUp, FeedState
from oracles.reporting.observation import Observation, SignedObservation


@dataclass(slots=True)
class Pot:
    """Observations by signer. A newer one of the same reporter replaces the older."""

    make_up: FeedMakeUp
    _by_signer: dict[ChecksumAddress, SignedObservation] = field(default_factory=dict)

    def add(self, signed: SignedObservation, state: FeedState) -> str | None:
        """Takes an observation in, or says why not."""
        if signed.signer not in self.make_up.reporters:
            return f"{signed.signer} is no reporter of this feed"
        objection = objection_to(signed.observation, self.make_up, state)
        if objection is not None:
            return objection
        known = self._by_signer.get(signed.signer)
        if known is not None and _moment(known) > _moment(signed):
            return "a newer observation of this reporter is here already"
        self._by_signer[signed.signer] = signed
        return None

    def round_from(self, state: FeedState) -> tuple[SignedObservation, ...] | None:
        """The observations of the next round by ascending signer, or None while they are too few.

        Of more than a quorum the middle ones by answer are taken: who is far out is left out.
        """
        self._by_signer = {
            signer: signed
            for signer, signed in self._by_signer.items()
            if objection_to(signed.observation, self.make_up, state) is None
        }
        spare = len(self._by_signer) - self.make_up.quorum
        if spare < 0:
            return None
        by_answer = sorted(self._by_signer.values(), key=lambda one: (one.observation.answer, one.signer))
        middle = by_answer[spare // 2 : spare // 2 + self.make_up.quorum]
        return tuple(sorted(middle, key=lambda one: int(one.signer, 16)))


def _moment(signed: SignedObservation) -> tuple[int, int]:
    return signed.observation.round_id, signed.observation.observed_at


def objection_to(observation: Observation, make_up: FeedMakeUp, state: FeedState) -> str | None:
    """Why the feed would refuse an observation in the next block (contract: ``AttestedFeed.submit``), or None."""
    if observation.round_id != state.round_id + 1:
        return f"it is for round {observation.round_id}, the next is {state.round_id + 1}"
    if not make_up.min_answer <= observation.answer <= make_up.max_answer:
        return f"the answer {observation.answer} is not within {make_up.min_answer} and {make_up.max_answer}"
    if observation.observed_at > state.now:
        return f"it was observed at {observation.observed_at}, {observation.observed_at - state.now} s in the future"
    earliest = max(state.updated_at + 1, state.now - make_up.max_age_s)
    if observation.observed_at < earliest:
        return f"it was observed at {observation.observed_at}, before {earliest}"
    return None
