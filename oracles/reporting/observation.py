"""An observation with its signature, as reporters send it to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from orchestrator.chain.typed_data import TypedData, observation_data
from orchestrator.errors import CovenantError

_INTEGER: Final = re.compile(r"-?[0-9]{1,78}")
_SIGNATURE: Final = re.compile(r"0x[0-9a-fA-F]{130}")


class BadObservation(CovenantError):
    """What was sent is no observation, or nobody signed it."""


@dataclass(frozen=True, slots=True)
class FeedId:
    """Where a signature counts: one feed on one chain."""

    chain_id: int
    address: ChecksumAddress


@dataclass(frozen=True, slots=True)
class Observation:
    """What a reporter says of one round: ``answer`` in the feed's decimals, seen at ``observed_at``."""

    round_id: int
    answer: int
    observed_at: int

    def typed_data(self, feed: FeedId) -> TypedData:
        return observation_data(self.round_id, self.answer, self.observed_at, feed.chain_id, feed.address)


@dataclass(frozen=True, slots=True)
class SignedObservation:
    """``signer`` is recovered from the signature, never taken from what was sent."""

    observation: Observation
    signature: bytes
    signer: ChecksumAddress

    def as_json(self) -> dict[str, str]:
        """Integers as decimal strings: numbers in JSON lose digits."""
        return {
            "round_id": str(self.observation.round_id),
            "answer": str(self.observation.answer),
            "observed_at": str(self.observation.observed_at),
            "signature": "0x" + self.signature.hex(),
        }

    def as_argument(self) -> dict[str, Any]:
        """For ``AttestedFeed.submit``."""
        said = self.observation
        return {"answer": said.answer, "observedAt": said.observed_at, "signature": self.signature}


def sign(observation: Observation, feed: FeedId, account: LocalAccount) -> SignedObservation:
    """Signs with a reporter's key."""
    signature = observation.typed_data(feed).sign(account)
    return SignedObservation(observation, signature, account.address)


def parse_signed(body: Any, feed: FeedId) -> SignedObservation:
    """Reads what another reporter sent, and whose it is.

    Raises:
        BadObservation: it is malformed. MalformedSignature: no contract would recover a signer from it.
    """
    if not isinstance(body, Mapping):
        raise BadObservation("the body is no JSON object", "send round_id, answer, observed_at and signature")
    signature = body.get("signature")
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        raise BadObservation("signature is not 65 bytes in hex", "send the signature as 0x and 130 digits")
    observation = Observation(
        _integer(body, "round_id", 0, 2**80),
        _integer(body, "answer", -(2**191), 2**191),
        _integer(body, "observed_at", 0, 2**40),
    )
    raw = bytes.fromhex(signature[2:])
    return SignedObservation(observation, raw, observation.typed_data(feed).signer(raw))


def _integer(body: Mapping[str, Any], name: str, low: int, beyond: int) -> int:
    text = body.get(name)
    if not isinstance(text, str) or not _INTEGER.fullmatch(text) or not low <= int(text) < beyond:
        raise BadObservation(f"{name} is {text!r:.40}", "send an integer of its Solidity type as a decimal string")
    return int(text)
