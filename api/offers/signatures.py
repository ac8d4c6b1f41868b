"""Whether a signature is the lender's, by the rule of the vault: OpenZeppelin's ``SignatureChecker``.

An account without code must have signed itself; one with code is asked (ERC-1271).
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode

from api.nodes import Nodes
from api.offers.problems import SIGNATURE_REFUSED
from api.problems import Problem
from orchestrator.chain.rpc import RpcRefused
from orchestrator.chain.typed_data import MalformedSignature, TypedData

MAGIC_VALUE: Final = bytes.fromhex("1626ba7e")
"""ERC-1271: the selector of ``isValidSignature(bytes32,bytes)``, and what it returns for a valid signature."""

_EXECUTION_FAILED: Final = (3, -32000, -32003, -32015)
"""How nodes say that a call reverted or broke. Other refusals (a rate limit) say nothing about the signature."""


async def check_signature(nodes: Nodes, lender: str, data: TypedData, signature: bytes) -> None:
    """Raises Problem for a signature that the vault would refuse, RpcError when the node does not answer."""
    code = await nodes.ask(lambda rpc: rpc.call("eth_getCode", [lender, "latest"]))
    if code in ("0x", None):
        _check_own_signature(lender, data, signature)
    elif not await _is_valid_for_contract(nodes, lender, data, signature):
        raise Problem(SIGNATURE_REFUSED, f"the contract wallet {lender} does not accept this signature")


def _check_own_signature(lender: str, data: TypedData, signature: bytes) -> None:
    try:
        signer = data.signer(signature)
    except MalformedSignature as error:
        raise Problem(SIGNATURE_REFUSED, error.message, error.hint) from error
    if signer != lender:
        raise Problem(SIGNATURE_REFUSED, f"{signer} signed these bytes, if anyone; the lender is {lender}")


async def _is_valid_for_contract(nodes: Nodes, wallet: str, data: TypedData, signature: bytes) -> bool:
    """A wallet that reverts has refused. Only the first word of the answer counts, as on-chain."""
    digest = bytes.fromhex(data.digest()[2:])
    calldata = MAGIC_VALUE + encode(["bytes32", "bytes"], [digest, signature])
    call = {"to": wallet, "data": "0x" + calldata.hex()}
    try:
        answer = await nodes.ask(lambda rpc: rpc.call("eth_call", [call, "latest"]))
    except RpcRefused as error:
        if error.code in _EXECUTION_FAILED:
            return False
        raise
    return str(answer).lower().startswith("0x" + MAGIC_VALUE.ljust(32, b"\0").hex())
