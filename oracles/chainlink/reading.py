"""Any Chainlink-shaped feed, read at one block: what it answers, and who answers behind its proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from oracles.rounds import Round
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.feeds import aggregator_of, feed_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcRefused
from orchestrator.errors import CovenantError

PHASE_SHIFT: Final = 64
"""A proxy's round id has the phase of its aggregator above the aggregator's own."""


class NotAFeed(CovenantError):
    """What stands at the address does not answer as a feed."""


@dataclass(frozen=True, slots=True)
class FeedReading:
    """A feed at one block.

    Attributes:
        newest: unjudged, with the proxy's round id.
        phase: 0 for a feed that is no proxy; then ``aggregator`` is the feed itself.
        block_number, now: the block, and its timestamp, against which an answer is old.
    """

    feed: ChecksumAddress
    decimals: int
    newest: Round
    aggregator: ChecksumAddress
    phase: int
    block_number: int
    now: int

    @property
    def aggregator_round(self) -> int:
        """The round as the aggregator counts it: from one again in each phase (pitfall 35)."""
        return self.newest.round_id & (1 << PHASE_SHIFT) - 1


async def read_feed(reader: ChainReader, feed: str) -> FeedReading:
    """The newest round of a feed at the newest block, all of it read at that block.

    Raises:
        NotAFeed: there is no contract, or one of another kind, or a feed without a round.
        RpcError: the provider can't be asked.
    """
    header = (await reader.heads()).latest
    codec = feed_contract()
    calls = [(feed, codec.encode_call("decimals")), (feed, codec.encode_call("latestRoundData"))]
    decimals, round_data = await reader.call_at(header.hash, calls)
    if isinstance(decimals, RpcRefused) or isinstance(round_data, RpcRefused):
        raise _not_a_feed(feed)
    try:
        said = codec.decode_result("decimals", decimals)
        round_id, answer, _, updated_at, _ = codec.decode_result("latestRoundData", round_data)
    except UndecodableData:
        raise _not_a_feed(feed) from None
    aggregator, phase = await aggregator_of(reader, feed, header.hash)
    return FeedReading(
        feed=to_checksum_address(feed),
        decimals=said,
        newest=Round(round_id, answer, updated_at),
        aggregator=to_checksum_address(aggregator),
        phase=phase,
        block_number=header.number,
        now=header.timestamp,
    )


def _not_a_feed(feed: str) -> NotAFeed:
    return NotAFeed(f"what stands at {feed} does not answer as a feed", "check the address, and RPC_URL's chain")
