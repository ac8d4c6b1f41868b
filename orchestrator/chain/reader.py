"""What the mirror asks of one provider, each answer checked against what was asked before anybody uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from orchestrator.chain.blocks import (
    BadBlock,
    BlockRef,
    ChainLog,
    Header,
    parse_header,
    parse_logs,
    prove_logs,
    require_chain,
)
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import Call, JsonRpc, RpcError, RpcRefused
from orchestrator.errors import CovenantError

METHOD_NOT_FOUND = -32601

P = ParamSpec("P")
T = TypeVar("T")


class InDoubt(RpcError):
    """A provider's answers contradict each other or their hashes. Another provider, or a later answer, may be right."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(
            f"{provider} is in doubt: {reason}", "the mirror asks again; if it lasts, replace the provider"
        )


class WrongChain(CovenantError):
    """A provider serves another chain than the one that was configured."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The newest block, and how far the chain calls itself safe and finalized (None where it has no such notion)."""

    latest: Header
    safe: BlockRef | None
    finalized: BlockRef | None


class ChainReader:
    """Reads blocks of one chain from one provider. Raises RpcError, of which InDoubt is the case of a wrong answer."""

    def __init__(self, rpc: JsonRpc) -> None:
        self._rpc = rpc

    @property
    def provider(self) -> str:
        return self._rpc.provider

    async def require_chain_id(self, chain_id: int) -> None:
        """Raises WrongChain."""
        found = integer(await self._rpc.call("eth_chainId"))
        if found != chain_id:
            raise WrongChain(
                f"{self.provider} serves chain {found}, but chain {chain_id} is configured",
                "check RPC_URL and COVENANT_CHAIN_ID",
            )

    async def heads(self) -> Heads:
        tags = ("latest", "safe", "finalized")
        latest, safe, finalized = await self._rpc.try_batch([("eth_getBlockByNumber", (tag, False)) for tag in tags])
        if isinstance(latest, RpcRefused):
            raise latest
        return Heads(self._header(latest), self._tagged(safe), self._tagged(finalized))

    async def headers(self, first: int, last: int) -> list[Header]:
        """The provider's blocks ``first`` to ``last`` (inclusive), which follow one another."""
        raws = await self._rpc.batch(
            [("eth_getBlockByNumber", (quantity(n), False)) for n in range(first, last + 1)],
        )
        headers = [self._header(raw) for raw in raws]
        if headers[0].number != first:
            raise InDoubt(self.provider, f"asked for block {first}, got {headers[0].number}")
        self._checked(require_chain, headers[0].ref, headers[1:])
        return headers

    async def headers_at(self, numbers: Sequence[int]) -> list[Header]:
        """The provider's blocks at ``numbers``, which may lie on different branches: nothing links them."""
        raws = await self._rpc.batch([("eth_getBlockByNumber", (quantity(n), False)) for n in numbers])
        headers = [self._header(raw) for raw in raws]
        if [header.number for header in headers] != list(numbers):
            raise InDoubt(self.provider, f"asked for blocks {list(numbers)}, got others")
        return headers

    async def proven_logs(self, header: Header) -> list[ChainLog]:
        """Every log of a block, proven by its receipts root."""
        return self._checked(prove_logs, header, await self._receipts(header))

    async def ranged_logs(self, first: int, last: int, addresses: Sequence[str]) -> list[ChainLog]:
        """The logs of ``addresses`` in a range of blocks as the provider says: in order, but possibly not all."""
        raws = await self._rpc.call(
            "eth_getLogs", ({"fromBlock": quantity(first), "toBlock": quantity(last), "address": list(addresses)},)
        )
        if not isinstance(raws, list):
            raise InDoubt(self.provider, "logs are not a list")
        logs = self._checked(parse_logs, raws)
        watched = frozenset(addresses)
        for log in logs:
            if log.address not in watched or not first <= log.block_number <= last:
                raise InDoubt(self.provider, f"log {log.log_index} of block {log.block_number} was not asked for")
        return logs

    async def call_at(self, block_hash: str, calls: Sequence[tuple[str, bytes]]) -> list[bytes | RpcRefused]:
        """`eth_call` of (address, calldata) pairs in the state after one block; refusals stand in their places."""
        at = {"blockHash": block_hash, "requireCanonical": False}
        requests: list[Call] = [("eth_call", ({"to": to, "data": "0x" + data.hex()}, at)) for to, data in calls]
        return [self._call_outcome(outcome) for outcome in await self._rpc.try_batch(requests)]

    async def aclose(self) -> None:
        await self._rpc.aclose()

    async def _receipts(self, header: Header) -> Any:
        try:
            receipts = await self._rpc.call("eth_getBlockReceipts", (header.hash,))
        except RpcRefused as refused:
            if refused.code != METHOD_NOT_FOUND:
                raise
            receipts = await self._rpc.batch([("eth_getTransactionReceipt", (tx,)) for tx in header.tx_hashes])
        if receipts is None:
            raise InDoubt(self.provider, f"it does not know block {header.number} {header.hash}")
        return receipts

    def _header(self, raw: Any) -> Header:
        if raw is None:
            raise InDoubt(self.provider, "it does not know a block that it should have")
        return self._checked(parse_header, raw)

    def _tagged(self, raw: Any) -> BlockRef | None:
        return None if raw is None or isinstance(raw, RpcRefused) else self._header(raw).ref

    def _checked(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return check(*args, **kwargs)
        except BadBlock as error:
            raise InDoubt(self.provider, str(error)) from None

    def _call_outcome(self, outcome: Any) -> bytes | RpcRefused:
        if isinstance(outcome, RpcRefused):
            return outcome
        if not isinstance(outcome, str) or not outcome.startswith("0x"):
            raise InDoubt(self.provider, "the result of a call is not data")
        return bytes.fromhex(outcome[2:])
