"""What the sender asks of a node: heads, nonces, fees, receipts, gas, and to broadcast signed bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.transactions.errors import TransactionError, classify_broadcast, is_poor
from orchestrator.transactions.fees import FeeMarket


@dataclass(frozen=True, slots=True)
class View:
    """One look at the chain. Nonces are counts: the number of the signer's transactions up to a block.

    They are read before the receipts that they are compared with, so a nonce that is used by then has its receipt.
    """

    head_number: int
    finalized_number: int
    nonce_at_head: int
    nonce_at_finalized: int
    market: FeeMarket
    block_gas_limit: int


@dataclass(frozen=True, slots=True)
class ReceiptLog:
    address: str
    topics: tuple[str, ...]
    data: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction in a canonical block. ``succeeded`` is false when it was mined and reverted."""

    tx_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    gas_price_wei: int
    logs: tuple[ReceiptLog, ...]

    @property
    def cost_wei(self) -> int:
        """What its gas cost."""
        return self.gas_used * self.gas_price_wei


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What became of sending bytes. ``error`` is None when the node has them; ``poor``: the signer can't pay."""

    error: TransactionError | None
    poor: bool


class Node:
    """One chain as the sender sees it."""

    def __init__(self, rpc: JsonRpc) -> None:
        self._rpc = rpc

    async def view(self, address: str) -> View:
        """Raises RpcError."""
        head, finalized, history, tip = await self._rpc.batch(
            [
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_getBlockByNumber", ["finalized", False]),
                ("eth_feeHistory", [quantity(1), "latest", []]),
                ("eth_maxPriorityFeePerGas", []),
            ]
        )
        head_number, finalized_number = integer(head["number"]), integer(finalized["number"]) if finalized else 0
        at_head, at_finalized = await self._rpc.batch(
            [
                ("eth_getTransactionCount", [address, quantity(head_number)]),
                ("eth_getTransactionCount", [address, quantity(finalized_number)]),
            ]
        )
        market = FeeMarket(base_fee_wei=integer(history["baseFeePerGas"][-1]), tip_wei=integer(tip))
        return View(
            head_number, finalized_number, integer(at_head), integer(at_finalized), market, integer(head["gasLimit"])
        )

    async def receipts(self, tx_hashes: Sequence[str]) -> Mapping[str, Receipt]:
        """The receipts of those transactions that are in canonical blocks. Raises RpcError."""
        answers = await self._rpc.batch([("eth_getTransactionReceipt", [tx_hash]) for tx_hash in tx_hashes])
        found = [_receipt(answer) for answer in answers if answer and answer.get("blockHash")]
        numbers = sorted({receipt.block_number for receipt in found})
        blocks = await self._rpc.batch([("eth_getBlockByNumber", [quantity(number), False]) for number in numbers])
        canonical = {number: block["hash"] for number, block in zip(numbers, blocks, strict=True) if block}
        return {
            receipt.tx_hash: receipt for receipt in found if canonical.get(receipt.block_number) == receipt.block_hash
        }

    async def known(self, tx_hashes: Sequence[str]) -> frozenset[str]:
        """Those transactions that the node has, in a block or in its pool. Raises RpcError."""
        answers = await self._rpc.batch([("eth_getTransactionByHash", [tx_hash]) for tx_hash in tx_hashes])
        return frozenset(tx_hash for tx_hash, answer in zip(tx_hashes, answers, strict=True) if answer)

    async def estimate_gas(self, *, sender: str, to: str, data: bytes, value_wei: int) -> int:
        """Gas for a call, simulated at the head. Raises RpcError; for a revert RpcRefused with its data."""
        call: dict[str, Any] = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": quantity(value_wei)}
        return integer(await self._rpc.call("eth_estimateGas", [call, "latest"]))

    async def call(self, *, sender: str, to: str, data: bytes) -> bytes:
        """The result of a call at the head. Raises RpcError."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex()}
        result = await self._rpc.call("eth_call", [call, "latest"])
        return bytes.fromhex(str(result).removeprefix("0x"))

    async def why_reverted(
        self, *, sender: str, to: str, data: bytes, value_wei: int, block_number: int
    ) -> RpcError | None:
        """The refusal of a call on the state after a block; None when it would go through there."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": quantity(value_wei)}
        try:
            await self._rpc.call("eth_call", [call, quantity(block_number)])
        except RpcError as error:
            return error
        return None

    async def broadcast(self, raw: bytes) -> Broadcast:
        """Sends signed bytes; never raises for what the node says."""
        try:
            await self._rpc.call("eth_sendRawTransaction", ["0x" + raw.hex()])
        except RpcError as error:
            return Broadcast(classify_broadcast(error), is_poor(error))
        return Broadcast(None, False)

    async def balance_wei(self, address: str) -> int:
        """At the head. Raises RpcError."""
        return integer(await self._rpc.call("eth_getBalance", [address, "latest"]))


def _receipt(answer: Mapping[str, Any]) -> Receipt:
    return Receipt(
        tx_hash=str(answer["transactionHash"]).lower(),
        block_number=integer(answer["blockNumber"]),
        block_hash=str(answer["blockHash"]).lower(),
        succeeded=integer(answer["status"]) == 1,
        gas_used=integer(answer["gasUsed"]),
        gas_price_wei=integer(answer["effectiveGasPrice"]),
        logs=tuple(
            ReceiptLog(str(log["address"]).lower(), tuple(log["topics"]), str(log["data"])) for log in answer["logs"]
        ),
    )
