"""The contracts on anvil: a whole history is one request (``eth_simulateV1``)."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.chain.rpc import JsonRpc
from scripts.local.anvil import start_anvil
from scripts.local.runtime import open_runtime
from tests.contracts.support.chain import Block, Call, Result

DEPLOYER: Final = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
"""anvil's first funded account."""

CALL_GAS: Final = 3_000_000
MINED_GAS: Final = 16_000_000
"""What one transaction may use at most on Ethereum, nearly; a batch asks for more than it uses."""

BLOCK_GAS: Final = 1_000_000_000
TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Mined:
    """Of a receipt: the gas of the whole transaction, and the first topic of each log."""

    gas_used: int
    topics: tuple[str, ...]


class AnvilChain:
    chain_id = 31337

    def __init__(self, runner: asyncio.Runner, rpc: JsonRpc) -> None:
        self._runner = runner
        self._rpc = rpc

    def create(self, creation: bytes) -> str:
        return str(self._transact({"data": _hex(creation)})["contractAddress"])

    def send(self, call: Call) -> bytes:
        output = self._run(self._rpc.call("eth_call", [_transaction(call), "latest"]))
        self._run(self._rpc.batch([("anvil_impersonateAccount", [call.sender]), _fund(call.sender)]))
        self._transact(_transaction(call))
        return bytes.fromhex(str(output)[2:])

    def mine(self, call: Call, at: int) -> Mined:
        """A transaction in a block of the second ``at``, which stays."""
        prepare = [("anvil_impersonateAccount", [call.sender]), _fund(call.sender)]
        self._run(self._rpc.batch([*prepare, ("evm_setNextBlockTimestamp", [at])]))
        receipt = self._transact(_transaction(call) | {"gas": hex(MINED_GAS)})
        return Mined(int(receipt["gasUsed"], 16), tuple(log["topics"][0] for log in receipt["logs"]))

    def play(self, blocks: Sequence[Block]) -> list[Result]:
        simulated = [
            {
                "blockOverrides": {"time": hex(block.at), "gasLimit": hex(BLOCK_GAS)},
                "calls": [_transaction(call) for call in block.calls],
            }
            for block in blocks
        ]
        played = self._run(self._rpc.call("eth_simulateV1", [{"blockStateCalls": simulated}, "latest"]))
        return [_result(call) for block in played for call in block["calls"]]

    def _transact(self, transaction: dict[str, str]) -> dict[str, Any]:
        sent = {"from": DEPLOYER, "gas": hex(10 * CALL_GAS)} | transaction
        receipt: dict[str, Any] = self._run(self._mined(sent))
        assert receipt["status"] == "0x1", f"a transaction of the ground reverted: {receipt}"
        return receipt

    async def _mined(self, transaction: dict[str, str]) -> Any:
        hash_ = await self._rpc.call("eth_sendTransaction", [transaction])
        receipt = None
        while receipt is None:
            receipt = await self._rpc.call("eth_getTransactionReceipt", [hash_])
        return receipt

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(coroutine)


@contextmanager
def anvil_chain(url: str) -> Iterator[AnvilChain]:
    """The chain behind ``url``, a fresh anvil."""
    with asyncio.Runner() as runner:
        rpc = JsonRpc(url, TIMEOUT_S)
        try:
            yield AnvilChain(runner, rpc)
        finally:
            runner.run(rpc.aclose())


@contextmanager
def own_chain() -> Iterator[AnvilChain]:
    """An anvil of its own, for what does not run under pytest. Raises CovenantError when it does not start."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runtime = runner.run(stack.enter_async_context(open_runtime()))
        try:
            part = runner.run(start_anvil(runtime, runtime.directory / "anvil.log"))
            stack.push_async_callback(part.stop)
            with anvil_chain(part.url) as chain:
                yield chain
        finally:
            runner.run(stack.aclose())


def _transaction(call: Call) -> dict[str, str]:
    return {"from": call.sender, "to": call.to, "gas": hex(CALL_GAS), "data": _hex(call.data)}


def _fund(address: str) -> tuple[str, list[str]]:
    return "anvil_setBalance", [address, hex(10**24)]


def _result(call: dict[str, Any]) -> Result:
    ok = call["status"] == "0x1"
    output = call["returnData"] if ok else call["error"].get("data") or call["returnData"]
    return Result(ok, bytes.fromhex(output[2:]))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
