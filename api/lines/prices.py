"""What a market's oracle says at the block of a snapshot: asked of the oracle itself, by block hash, once a block."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.nodes import Nodes
from api.wire import ZERO_ADDRESS
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcError, RpcRefused, RpcUnreachable
from orchestrator.chain.tokens import Wallet, read_wallets
from orchestrator.credit.oracle import NO_DEVIATION, OracleReading
from orchestrator.credit.units import Bps, PriceE36, Wei
from orchestrator.db.models import Mandate
from orchestrator.triggers.readings import Readings, read_all

_KEPT: Final = 1_024
_REST_S: Final = 1.0


_NOTHING: Final = Readings({}, {}, {})


@dataclass(frozen=True, slots=True)
class MarketPrices:
    """Both readings, and for people why the measuring price is not there."""

    reading: OracleReading
    unavailable: str | None


class OraclePrices:
    """Readings by (oracle, block hash), which never change, so they are kept; whoever wants the same shares a call.

    Nodes that do not answer are left alone for a second, so that they slow down one request and not all.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._codec = load_contract("OracleAdapter")
        self._trigger = load_contract("RepayTrigger")
        self._kept: OrderedDict[tuple[str, str], asyncio.Task[MarketPrices]] = OrderedDict()
        self._silent_until = 0.0

    async def at(self, oracle: str, block_hash: str) -> MarketPrices:
        """Never raises: a node that gives no answer is one more reason why there is no price."""
        key = (oracle, block_hash)
        if key not in self._kept:
            if self._silent:
                return _no_price("no node answers")
            self._kept[key] = asyncio.create_task(self._ask(oracle, block_hash))
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(self._kept[key])
        except RpcUnreachable:
            self._kept.pop(key, None)
            self._silent_until = time.monotonic() + _REST_S
            return _no_price("no node answers")
        except (RpcError, UndecodableData):
            self._kept.pop(key, None)
            return _no_price(f"no node can say what oracle {oracle} says at block {block_hash}")

    async def of_mandates(self, mandates: Sequence[Mandate], block_hash: str) -> Readings:
        """The feeds that mandates name, and what SHARE mandates have counted; nothing from a node that is silent."""
        if self._silent:
            return _NOTHING
        feeds = {row.feed for row in mandates if row.feed != ZERO_ADDRESS}
        shares = [(row.trigger, row.mandate_hash) for row in mandates if row.kind == "share"]
        try:
            return await self._nodes.ask(
                lambda rpc: read_all(
                    ChainReader(rpc),
                    block_hash,
                    oracle=self._codec,
                    trigger=self._trigger,
                    adapters=(),
                    feeds=feeds,
                    shares=shares,
                )
            )
        except RpcError:
            return _NOTHING

    async def wallets(self, mandates: Sequence[Mandate], loan_token: str, block_hash: str) -> Mapping[str, Wei]:
        """By mandate's hash, what the wallet gives to TOP_UP mandates; nothing from a node that is silent."""
        topping_up = [row for row in mandates if row.source == "top_up"]
        if self._silent or not topping_up:
            return {}
        wallets = [Wallet(loan_token, row.borrower, row.trigger) for row in topping_up]
        try:
            given = await self._nodes.ask(lambda rpc: read_wallets(ChainReader(rpc), block_hash, wallets))
        except RpcError:
            return {}
        return {row.mandate_hash: Wei(amount) for row, amount in zip(topping_up, given, strict=True)}

    @property
    def _silent(self) -> bool:
        return time.monotonic() < self._silent_until

    async def _ask(self, oracle: str, block_hash: str) -> MarketPrices:
        encode = self._codec.encode_call
        calls = [(oracle, encode("riskPrice")), (oracle, encode("measuringPrice"))]
        risk, measuring = await self._nodes.ask(lambda rpc: ChainReader(rpc).call_at(block_hash, calls))
        risk_price, deviation_bps = self._risk(risk)
        if isinstance(measuring, RpcRefused):
            reason = self._codec.decode_error(_revert_data(measuring))
            return MarketPrices(OracleReading(risk_price, None, deviation_bps), reason)
        price = PriceE36(self._codec.decode_result("measuringPrice", measuring))
        return MarketPrices(OracleReading(risk_price, price, deviation_bps), None)

    def _risk(self, outcome: bytes | RpcRefused) -> tuple[PriceE36 | None, Bps]:
        if isinstance(outcome, RpcRefused):
            _revert_data(outcome)
            return None, NO_DEVIATION
        price, deviation_bps = self._codec.decode_result("riskPrice", outcome)
        return PriceE36(price), Bps(deviation_bps)


async def oracle_prices(request: Request) -> OraclePrices:
    found: OraclePrices = request.app.state.oracle_prices
    return found


PricesDep = Annotated[OraclePrices, Depends(oracle_prices)]


def _no_price(why: str) -> MarketPrices:
    return MarketPrices(OracleReading(None, None), why)


def _revert_data(refused: RpcRefused) -> str:
    """What the adapter reverted with. It always says why; a refusal without data is the node's, and is not kept."""
    if isinstance(refused.data, str) and len(refused.data) > 2:
        return refused.data
    raise refused
