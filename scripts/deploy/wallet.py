"""One account that sends transactions, each mined before the next: for deployments and for people on a local chain.

The service sends through `orchestrator/transactions`, where what is signed survives a crash. Here a person is watching.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.errors import CovenantError
from orchestrator.transactions.fees import FeeMarket, Fees, initial_fees
from orchestrator.transactions.signers.protocol import Signer, UnsignedTransaction

FIRST_POLL_S: Final = 0.005
LONGEST_POLL_S: Final = 2.0
GAS_MARGIN_PERCENT: Final = 20
"""On top of the estimate: state may have moved a little when the transaction is mined."""


class TransactionFailed(CovenantError):
    """The chain refuses the transaction, or did not mine it in time."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction that succeeded."""

    tx_hash: str
    block_number: int
    gas_used: int
    logs: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Wallet:
    """`explain` turns revert data into words; `patience_s` is how long to wait for a transaction to be mined."""

    rpc: JsonRpc
    signer: Signer
    chain_id: int
    max_fee_per_gas_wei: int
    explain: Callable[[bytes], str]
    patience_s: float = 300.0

    @property
    def address(self) -> ChecksumAddress:
        return to_checksum_address(self.signer.address)

    async def send(self, what: str, to: ChecksumAddress, data: bytes, value_wei: int = 0) -> Receipt:
        """Signs, sends and waits. `what` names the action in errors.

        Raises:
            TransactionFailed: it would revert, did revert, was refused, costs too much, or was not mined in time.
        """
        call = {"from": self.address, "to": to, "data": "0x" + data.hex(), "value": quantity(value_wei)}
        try:
            gas, nonce, tip, block = await self.rpc.batch(
                [
                    ("eth_estimateGas", [call]),
                    ("eth_getTransactionCount", [self.address, "pending"]),
                    ("eth_maxPriorityFeePerGas", []),
                    ("eth_getBlockByNumber", ["pending", False]),
                ]
            )
            raw = await self.signer.sign(
                UnsignedTransaction(
                    chain_id=self.chain_id,
                    nonce=integer(nonce),
                    to=to,
                    data=data,
                    value_wei=value_wei,
                    gas_limit=integer(gas) * (100 + GAS_MARGIN_PERCENT) // 100,
                    fees=self._fees(what, FeeMarket(integer(block["baseFeePerGas"]), integer(tip))),
                )
            )
            tx_hash = await self.rpc.call("eth_sendRawTransaction", ["0x" + raw.hex()])
        except RpcRefused as refused:
            raise TransactionFailed(f"{what} is refused: {self._reason(refused)}", "see the reason given") from None
        return await self._mined(what, tx_hash)

    def _fees(self, what: str, market: FeeMarket) -> Fees:
        fees = initial_fees(market, self.max_fee_per_gas_wei)
        if fees is None:
            raise TransactionFailed(
                f"{what}: the base fee of {market.base_fee_wei} wei is above the cap of {self.max_fee_per_gas_wei} wei",
                "wait until fees fall, or raise COVENANT_MAX_FEE_PER_GAS_WEI",
            )
        return fees

    async def _mined(self, what: str, tx_hash: str) -> Receipt:
        deadline, pause_s = time.monotonic() + self.patience_s, FIRST_POLL_S
        while (receipt := await self.rpc.call("eth_getTransactionReceipt", [tx_hash])) is None:
            if time.monotonic() > deadline:
                raise TransactionFailed(
                    f"{what} was sent as {tx_hash} and not mined within {self.patience_s:.0f} s",
                    "wait for that transaction before you run this again",
                )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_POLL_S)
        if integer(receipt["status"]) != 1:
            raise TransactionFailed(f"{what} reverted in {tx_hash}", "look the transaction up; it has changed nothing")
        return Receipt(tx_hash, integer(receipt["blockNumber"]), integer(receipt["gasUsed"]), tuple(receipt["logs"]))

    def _reason(self, refused: RpcRefused) -> str:
        if isinstance(refused.data, str) and refused.data.startswith("0x") and len(refused.data) > 2:
            return self.explain(bytes.fromhex(refused.data[2:]))
        return refused.reason
