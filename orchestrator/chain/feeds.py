"""The ABI of a Chainlink-shaped feed, and what a proxy says of the aggregator behind it."""

from __future__ import annotations

from typing import Any

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.chain.rpc import RpcRefused

ZERO_ADDRESS = "0x" + "00" * 20


def _view(name: str, *outputs: tuple[str, str]) -> dict[str, Any]:
    return {"type": "function", "name": name, "inputs": [], "outputs": [{"name": n, "type": t} for n, t in outputs]}


FEED_ABI: tuple[dict[str, Any], ...] = (
    _view("aggregator", ("", "address")),
    _view("phaseId", ("", "uint16")),
    _view("decimals", ("", "uint8")),
    _view(
        "latestRoundData",
        ("roundId", "uint80"),
        ("answer", "int256"),
        ("startedAt", "uint256"),
        ("updatedAt", "uint256"),
        ("answeredInRound", "uint80"),
    ),
    {
        "type": "event",
        "name": "AnswerUpdated",
        "inputs": [
            {"name": "current", "type": "int256", "indexed": True},
            {"name": "roundId", "type": "uint256", "indexed": True},
            {"name": "updatedAt", "type": "uint256", "indexed": False},
        ],
    },
)


def feed_contract() -> Contract:
    """The codec of any feed: AggregatorV3Interface, the event of its rounds, and a proxy's two more views."""
    return Contract("feed", FEED_ABI)


async def aggregator_of(reader: ChainReader, feed: str, block_hash: str) -> tuple[str, int]:
    """Who emits a feed's rounds, and the phase that the feed puts before their ids, as of one block.

    A feed without these views speaks for itself and has no phases: (feed, 0). Raises RpcError.
    """
    codec = feed_contract()
    aggregator, phase = await reader.call_at(
        block_hash, [(feed, codec.encode_call("aggregator")), (feed, codec.encode_call("phaseId"))]
    )
    for answer in (aggregator, phase):
        if isinstance(answer, RpcRefused) and not answer.reverted:
            raise answer
        if answer == b"":
            raise InDoubt(reader.provider, f"there is no contract at the feed's address {feed}")
    if isinstance(aggregator, RpcRefused) or isinstance(phase, RpcRefused):
        return feed, 0
    try:
        address, phase_id = codec.decode_result("aggregator", aggregator), codec.decode_result("phaseId", phase)
    except UndecodableData:
        return feed, 0
    return (feed, 0) if address == ZERO_ADDRESS else (address, phase_id)
