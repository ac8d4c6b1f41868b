"""What the chain says of an ``AttestedFeed``: what it is made of, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from oracles.reporting.observation import FeedId, SignedObservation
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.errors import CovenantError


class NoSuchFeed(CovenantError):
    """At the address stands no AttestedFeed."""


@dataclass(frozen=True, slots=True)
class FeedMakeUp:
    """What can never change. ``reporters`` ascend; answers are bounded, both ends included."""

    decimals: int
    quorum: int
    max_age_s: int
    min_answer: int
    max_answer: int
    reporters: tuple[ChecksumAddress, ...]


@dataclass(frozen=True, slots=True)
class FeedState:
    """As of one block whose timestamp is ``now``. Before round 1, ``round_id`` and ``updated_at`` are 0."""

    round_id: int
    answer: int
    updated_at: int
    now: int


@dataclass(frozen=True, slots=True)
class OnChainFeed:
    """One feed, read through one provider."""

    rpc: JsonRpc
    id: FeedId

    async def make_up(self) -> FeedMakeUp:
        """Raises NoSuchFeed, RpcError."""
        names = ("decimals", "quorum", "maxAge", "minAnswer", "maxAnswer", "reporters")
        try:
            results = await self.rpc.batch([self._call(name) for name in names])
        except RpcRefused as refused:
            raise self._no_feed() from refused
        if "0x" in results:
            raise self._no_feed()
        said = {name: _codec().decode_result(name, data) for name, data in zip(names, results, strict=True)}
        return FeedMakeUp(
            decimals=said["decimals"],
            quorum=said["quorum"],
            max_age_s=said["maxAge"],
            min_answer=said["minAnswer"],
            max_answer=said["maxAnswer"],
            reporters=tuple(map(to_checksum_address, said["reporters"])),
        )

    async def state(self) -> FeedState:
        """Raises RpcError."""
        block = await self.rpc.call("eth_getBlockByNumber", ["latest", False])
        number, now = block["number"], integer(block["timestamp"])
        latest = _codec().decode_result("latestRound", await self.rpc.call(*self._call("latestRound", at=number)))
        if latest == 0:
            return FeedState(0, 0, 0, now)
        data = await self.rpc.call(*self._call("getRoundData", latest, at=number))
        _, answer, _, updated_at, _ = _codec().decode_result("getRoundData", data)
        return FeedState(latest, answer, updated_at, now)

    def submission(self, observations: Sequence[SignedObservation]) -> bytes:
        """Calldata that writes a round from observations by ascending signers."""
        return _codec().encode_call("submit", [one.as_argument() for one in observations])

    def _call(self, name: str, *args: object, at: str = "latest") -> tuple[str, list[object]]:
        data = "0x" + _codec().encode_call(name, *args).hex()
        return "eth_call", [{"to": self.id.address, "data": data}, at]

    def _no_feed(self) -> NoSuchFeed:
        where = f"{self.id.address} on chain {self.id.chain_id}"
        return NoSuchFeed(f"at {where} stands no AttestedFeed", "check the feed's address and RPC_URL")


def _codec() -> Contract:
    return load_contract("AttestedFeed")
