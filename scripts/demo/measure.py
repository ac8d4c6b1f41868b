"""A line as the contracts themselves see it at one block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.chain.quantities import quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.credit.units import BPS, PRICE_SCALE, CollateralWei, PriceE36, Wei, mul_div_down, mul_div_up
from scripts.local.people import Contracts, Deployed


@dataclass(frozen=True, slots=True)
class Measured:
    """Debt and what secures it at one block. `due` is billed and unpaid; `price` is None while the feed is stale."""

    block_number: int
    price: PriceE36 | None
    due: Wei
    debt: Wei
    collateral: CollateralWei
    reserve: Wei

    @property
    def ltv_bps(self) -> int | None:
        """Debt over value, rounded up; None when there is debt, and no value or no price to know it by."""
        if self.debt == 0:
            return 0
        value = mul_div_down(self.collateral, self.price or 0, PRICE_SCALE)
        return mul_div_up(self.debt, BPS, value) if value else None


async def measure(rpc: JsonRpc, contracts: Contracts, line_id: int, block_number: int) -> Measured:
    """Raises RpcRefused when there is no such line at that block."""
    calls = [(contracts.vault, "owed", (line_id,)), (contracts.vault, "stored", (line_id,))]
    answers = await rpc.batch([("eth_call", _call(*call, block_number)) for call in calls])
    (due, debt), stored = (
        contract.codec.decode_result(function, answer)
        for (contract, function, _), answer in zip(calls, answers, strict=True)
    )
    price = await _price(rpc, contracts.oracle, block_number)
    return Measured(block_number, price, due, debt, stored["collateral"], stored["reserve"])


async def _price(rpc: JsonRpc, oracle: Deployed, block_number: int) -> PriceE36 | None:
    try:
        answer = await rpc.call("eth_call", _call(oracle, "measuringPrice", (), block_number))
    except RpcRefused:
        return None
    return PriceE36(oracle.codec.decode_result("measuringPrice", answer))


def _call(contract: Deployed, function: str, arguments: tuple[Any, ...], block_number: int) -> list[Any]:
    data = contract.codec.encode_call(function, *arguments)
    return [{"to": contract.address, "data": "0x" + data.hex()}, quantity(block_number)]
