"""Whether an account signed a digest, by the rule of the contracts: OpenZeppelin's ``SignatureChecker``.

An account without code must have signed itself; one with code is asked (ERC-1271).
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode

from api.nodes import Nodes
from orchestrator.chain.rpc import RpcRefused
from orchestrator.chain.typed_data import MalformedSignature, signer_of
from orchestrator.errors import CovenantError

MAGIC_VALUE: Final = bytes.fromhex("1626ba7e")
"""ERC-1271: the selector of ``isValidSignature(bytes32,bytes)``, and what it returns for a valid signature."""

_EXECUTION_FAILED: Final = (3, -32000, -32003, -32015)
"""How nodes say that a call reverted or broke. Other refusals (a rate limit) say nothing about the signature."""


class SignatureRefused(CovenantError):
    """A contract would refuse the signature too."""


async def check_signature(nodes: Nodes, account: str, digest: bytes, signature: bytes) -> None:
    """Raises SignatureRefused unless ``account`` signed ``digest``, and RpcError when no node answers."""
    code = await nodes.ask(lambda rpc: rpc.call("eth_getCode", [account, "latest"]))
    if code in ("0x", None):
        _check_own_signature(account, digest, signature)
    elif not await _is_valid_for_contract(nodes, account, digest, signature):
        raise SignatureRefused(
            f"the contract wallet {account} does not accept this signature", "sign again with the wallet's present keys"
        )


def _check_own_signature(account: str, digest: bytes, signature: bytes) -> None:
    try:
        signer = signer_of(digest, signature)
    except MalformedSignature as error:
        raise SignatureRefused(error.message, error.hint) from error
    if signer != account:
        raise SignatureRefused(
            f"{signer} signed these bytes, if anyone, and not {account}",
            f"sign what was handed out, every byte unchanged, with the key of {account}",
        )


async def _is_valid_for_contract(nodes: Nodes, wallet: str, digest: bytes, signature: bytes) -> bool:
    """A wallet that reverts has refused. Only the first word of the answer counts, as on-chain."""
    calldata = MAGIC_VALUE + encode(["bytes32", "bytes"], [digest, signature])
    call = {"to": wallet, "data": "0x" + calldata.hex()}
    try:
        answer = await nodes.ask(lambda rpc: rpc.call("eth_call", [call, "latest"]))
    except RpcRefused as error:
        if error.code in _EXECUTION_FAILED:
            return False
        raise
    return str(answer).lower().startswith("0x" + MAGIC_VALUE.ljust(32, b"\0").hex())
