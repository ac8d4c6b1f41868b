"""The wallet of a test: a throw-away key that answers the page as a person with a wallet would."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eth_account.messages import encode_defunct
from playwright.async_api import BrowserContext

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.local.people import MAX_FEE_PER_GAS_WEI, Person

SCRIPT: Final = Path(__file__).with_suffix(".js")

REJECTED: Final = 4001
UNKNOWN_CHAIN: Final = 4902


class Refusal(Exception):
    """What EIP-1193 answers instead of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class BrowserWallet:
    """Speaks for ``person``. ``declines``: what its user says no to; ``chain_id``: where it happens to be.

    ``asked`` are the methods that the page has called, in order.
    """

    person: Person
    rpc: JsonRpc
    chain_id: int
    declines: set[str] = field(default_factory=set)
    knows_chains: set[int] = field(default_factory=set)
    is_locked: bool = False
    asked: list[str] = field(default_factory=list)

    async def install(self, context: BrowserContext) -> None:
        """Into every page of ``context``, before the page's own scripts."""
        await context.expose_function("askTestWallet", self.answer)
        await context.add_init_script(path=SCRIPT)

    async def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        self.asked.append(method)
        try:
            return {"result": await self._result(method, params)}
        except Refusal as refusal:
            return {"error": {"code": refusal.code, "message": str(refusal)}}

    async def _result(self, method: str, params: list[Any]) -> Any:
        if method in self.declines:
            raise Refusal(REJECTED, "User rejected the request.")
        match method:
            case "eth_accounts" | "eth_requestAccounts":
                return [] if self.is_locked else [self.person.address.lower()]
            case "eth_chainId":
                return quantity(self.chain_id)
            case "wallet_switchEthereumChain":
                return self._switch(integer(params[0]["chainId"]))
            case "personal_sign":
                return self._signature(self.person.account.sign_message(encode_defunct(hexstr=params[0])))
            case "eth_signTypedData_v4":
                return self._signature(self.person.account.sign_typed_data(full_message=json.loads(params[1])))
            case "eth_sendTransaction":
                return await self._send(params[0])
            case _:
                return await self.rpc.call(method, params)

    def _switch(self, chain_id: int) -> None:
        if chain_id not in self.knows_chains:
            raise Refusal(UNKNOWN_CHAIN, "Unrecognized chain ID.")
        self.chain_id = chain_id

    @staticmethod
    def _signature(signed: Any) -> str:
        return f"0x{bytes(signed.signature).hex()}"

    async def send_nothing(self) -> None:
        """What wallets call cancelling: nothing, sent to oneself under the next nonce."""
        await self._send({"to": self.person.address, "data": "0x", "value": "0x0", "gas": "0x5208"})

    async def _send(self, wanted: dict[str, str]) -> Any:
        nonce = await self.rpc.call("eth_getTransactionCount", [self.person.address, "pending"])
        transaction: dict[str, Any] = {
            "to": wanted["to"],
            "data": wanted["data"],
            "value": integer(wanted["value"]),
            "gas": integer(wanted["gas"]),
            "nonce": integer(nonce),
            "chainId": self.chain_id,
            "maxFeePerGas": MAX_FEE_PER_GAS_WEI,
            "maxPriorityFeePerGas": 0,
        }
        signed = self.person.account.sign_transaction(transaction)
        return await self.rpc.call("eth_sendRawTransaction", [f"0x{bytes(signed.raw_transaction).hex()}"])
