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
from orchestrator.triggers.accounts import Accounts, ShareAccount

ACCOUNTS_AT_ONCE: Final = 500

_FEED: Final = feed_contract()


@dataclass(frozen=True, slots=True)
class Readings:
    """By adapter, by feed and by (trigger contract, mandate hash). A feed that gives no answer is not there."""

    oracles: Mapping[str, OracleReading]
    feeds: Mapping[str, FeedReading]
    accounts: Accounts


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
    """Everything at one block, in one batch as a rule. An adapter or a feed that reverts has no reading.

    Raises:
        RpcError: the node can't say.
    """
    accounts = await _accounts(reader, block_hash, trigger, list(shares))
    calls: list[tuple[str, bytes]] = []
    for adapter in adapters:
        calls += [(adapter, oracle.encode_call("measuringPrice")), (adapter, oracle.encode_call("riskPrice"))]
    for feed in feeds:
        calls += [(feed, _FEED.encode_call("latestRoundData")), (feed, _FEED.encode_call("decimals"))]
    results = iter(await reader.call_at(block_hash, calls) if calls else [])
    return Readings(
        oracles={adapter: _oracle(oracle, next(results), next(results)) for adapter in adapters},
        feeds={feed: reading for feed in feeds if (reading := _feed(next(results), next(results))) is not None},
        accounts=accounts,
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


async def _accounts(
    reader: ChainReader, block_hash: str, trigger: Contract, shares: Sequence[tuple[str, str]]
) -> Accounts:
    """A view of our own contract does not revert: a refusal is the node's, and nothing is concluded from it."""
    found: dict[tuple[str, str], ShareAccount] = {}
    for start in range(0, len(shares), ACCOUNTS_AT_ONCE):
        part = shares[start : start + ACCOUNTS_AT_ONCE]
        calls = [(contract, trigger.encode_call("shareOf", mandate_hash)) for contract, mandate_hash in part]
        for key, result in zip(part, await reader.call_at(block_hash, calls), strict=True):
            if isinstance(result, RpcRefused):
                raise result
            mark, carry = _decoded(trigger, "shareOf", result, 2)
            if mark is not None and carry is not None:
                found[key] = ShareAccount(mark, carry)
    return found


def _decoded(contract: Contract, function: str, result: bytes | RpcRefused, count: int = 1) -> Sequence[int | None]:
    """The integers that a call returned, or as many None when it reverted or answered something else."""
    if isinstance(result, RpcRefused):
        return [None] * count
    try:
        values = contract.decode_result(function, result)
    except UndecodableData:
        return [None] * count
    return [values] if count == 1 else list(values)
