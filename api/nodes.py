"""The chain's nodes, in order of preference: the first that answers is believed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from orchestrator.chain.rpc import JsonRpc, RpcError, RpcRefused

T = TypeVar("T")


class Nodes:
    """At least one JSON-RPC endpoint of one chain."""

    def __init__(self, rpcs: Sequence[JsonRpc]) -> None:
        if not rpcs:
            raise ValueError("no node")
        self._rpcs = tuple(rpcs)

    async def ask(self, question: Callable[[JsonRpc], Awaitable[T]]) -> T:
        """The first answer. A refusal is an answer: another node would refuse too.

        Raises:
            RpcError: the refusal, or the last node's failure when none answered.
        """
        *others, last = self._rpcs
        for rpc in others:
            try:
                return await question(rpc)
            except RpcRefused:
                raise
            except RpcError:
                continue
        return await question(last)
