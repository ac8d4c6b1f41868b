"""What the contracts would read at one block: prices from the adapters, answers of feeds, accounts of SHARE mandates.

The adapters are asked themselves, since they and nobody else decide what a price is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract
from orchestrator.chain.feeds import feed_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcRefused
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.share import FeedReading
from orchestrator.credit.units import Bps, PriceE36

_FEED: Final = feed_contract()


@dataclass(frozen=True, slots=True)
class ShareAccount:
    """What the trigger contract has counted for a SHARE mandate."""

    mark: int
    carry: int


@dataclass(frozen=True, slots=True)
class Readings:
    """By adapter, by feed and by (trigger contract, mandate hash). A feed that gives no answer is not there."""

    oracles: Mapping[str, OracleReading]
    feeds: Mapping[str, FeedReading]
    shares: Mapping[tuple[str, str], ShareAccount]


async def read_all(
    reader: ChainReader,
    block_hash: str,
    *,
    oracle: Contract,
    trigger: Contract,
    adapters: Collection[str],
    feeds: Collection[str],
    shares: Collection[tuple[str, str]],
) -> Readings:
    """Everything in one batch, at one block. Raises RpcError; a contract that reverts has no reading."""
    calls: list[tuple[str, bytes]] = []
    for adapter in adapters:
        calls += [(adapter, oracle.encode_call("measuringPrice")), (adapter, oracle.encode_call("riskPrice"))]
    for feed in feeds:
        calls += [(feed, _FEED.encode_call("latestRoundData")), (feed, _FEED.encode_call("decimals"))]
    calls += [(contract, trigger.encode_call("shareOf", mandate_hash)) for contract, mandate_hash in shares]
    results = iter(await reader.call_at(block_hash, calls) if calls else [])
    return Readings(
        oracles={adapter: _oracle(oracle, next(results), next(results)) for adapter in adapters},
        feeds={feed: reading for feed in feeds if (reading := _feed(next(results), next(results))) is not None},
        shares={key: account for key in shares if (account := _share(trigger, next(results))) is not None},
    )


def _oracle(contract: Contract, measuring: bytes | RpcRefused, risk: bytes | RpcRefused) -> OracleReading:
    measuring_price = _decoded(contract, "measuringPrice", measuring)
    risk_price, deviation_bps = _decoded(contract, "riskPrice", risk, 2)
    return OracleReading(
        risk_price=PriceE36(risk_price) if risk_price else None,
        measuring_price=PriceE36(measuring_price[0]) if measuring_price[0] else None,
        deviation_bps=Bps(deviation_bps or 0),
    )


def _feed(latest: bytes | RpcRefused, decimals: bytes | RpcRefused) -> FeedReading | None:
    """As the trigger reads it: the latest round, which must have been answered."""
    _, answer, _, updated_at, _ = _decoded(_FEED, "latestRoundData", latest, 5)
    (digits,) = _decoded(_FEED, "decimals", decimals)
    if answer is None or digits is None or not updated_at:
        return None
    return FeedReading(answer, digits)


def _share(contract: Contract, result: bytes | RpcRefused) -> ShareAccount | None:
    mark, carry = _decoded(contract, "shareOf", result, 2)
    return None if mark is None or carry is None else ShareAccount(mark, carry)


def _decoded(contract: Contract, function: str, result: bytes | RpcRefused, count: int = 1) -> Sequence[int | None]:
    """The integers that a call returned, or as many None when it reverted or answered something else."""
    if isinstance(result, RpcRefused):
        return [None] * count
    try:
        values = contract.decode_result(function, result)
    except UndecodableData:
        return [None] * count
    return [values] if count == 1 else list(values)
