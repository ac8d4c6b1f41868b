"""ERC-20 tokens: the views that are asked of them, and what an owner's wallet gives to a spender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcRefused


def _view(name: str, *inputs: str) -> dict[str, Any]:
    arguments = [{"name": argument, "type": "address"} for argument in inputs]
    return {"type": "function", "name": name, "inputs": arguments, "outputs": [{"name": "", "type": "uint256"}]}


ERC20: Final = Contract("token", [_view("balanceOf", "account"), _view("allowance", "owner", "spender")])


@dataclass(frozen=True, slots=True)
class Wallet:
    """What ``owner`` lets ``spender`` take of ``token``."""

    token: str
    owner: str
    spender: str


async def read_wallets(reader: ChainReader, block_hash: str, wallets: Sequence[Wallet]) -> Sequence[int]:
    """Of each, the lesser of balance and allowance, in base units; a token that does not answer gives nothing.

    Raises:
        RpcError: the node can't say.
    """
    calls: list[tuple[str, bytes]] = []
    for wallet in wallets:
        calls.append((wallet.token, ERC20.encode_call("balanceOf", wallet.owner)))
        calls.append((wallet.token, ERC20.encode_call("allowance", wallet.owner, wallet.spender)))
    answers = await reader.call_at(block_hash, calls) if calls else []
    held, allowed = answers[::2], answers[1::2]
    return [
        min(_amount("balanceOf", balance), _amount("allowance", allowance))
        for balance, allowance in zip(held, allowed, strict=True)
    ]


def _amount(view: str, answer: bytes | RpcRefused) -> int:
    if isinstance(answer, RpcRefused):
        return 0
    try:
        return int(ERC20.decode_result(view, answer))
    except UndecodableData:
        return 0
