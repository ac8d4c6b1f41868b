"""The ABI of a Chainlink-shaped feed, and what a proxy says of the aggregator behind it."""

from __future__ import annotations

from typing import Any

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract
from orchestrator.chain.reader import ChainReader
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


async def aggregator_of(reader: ChainReader, feed: str, block_hash: str) -> tuple[str, int] | None:
    """The aggregator behind a proxy and its phase, as of one block; None when the feed answers for itself."""
    codec = feed_contract()
    aggregator, phase = await reader.call_at(
        block_hash, [(feed, codec.encode_call("aggregator")), (feed, codec.encode_call("phaseId"))]
    )
    if isinstance(aggregator, RpcRefused) or isinstance(phase, RpcRefused):
        return None
    try:
        address, phase_id = codec.decode_result("aggregator", aggregator), codec.decode_result("phaseId", phase)
    except UndecodableData:
        return None
    return None if address in (ZERO_ADDRESS, feed.lower()) else (address, phase_id)
