"""What tokens say that the vault has, at one block."""

from __future__ import annotations

from collections.abc import Sequence

from api.nodes import Nodes
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcError, RpcRefused
from orchestrator.chain.tokens import ERC20


async def read_balances(nodes: Nodes, owner: str, tokens: Sequence[str], block_hash: str) -> dict[str, int] | None:
    """Base units by token; None when no node can tell all of them."""
    calls = [(token, ERC20.encode_call("balanceOf", owner)) for token in tokens]
    try:
        answers = await nodes.ask(lambda rpc: ChainReader(rpc).call_at(block_hash, calls)) if calls else []
        return {token: _balance(answer) for token, answer in zip(tokens, answers, strict=True)}
    except (RpcError, UndecodableData):
        return None


def _balance(answer: bytes | RpcRefused) -> int:
    if isinstance(answer, RpcRefused):
        raise answer
    return int(ERC20.decode_result("balanceOf", answer))
