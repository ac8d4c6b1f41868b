"""ABI encoding of what consists of words alone: a general codec takes most of a history's time for it."""

from dataclasses import astuple
from functools import cache

from eth_utils.crypto import keccak

from orchestrator.chain.contracts import Contract
from orchestrator.credit.mandate import Mandate
from orchestrator.credit.offer import Offer
from orchestrator.credit.repayment import Repayment


def words(*values: int) -> bytes:
    """Integers and booleans, one word each."""
    return b"".join((value % 2**256).to_bytes(32, "big") for value in values)


@cache
def selector(signature: str) -> bytes:
    """Of a function by its canonical signature."""
    return keccak(text=signature)[:4]


def call(contract: Contract, function: str, *values: int | str | Mandate | Offer | Repayment) -> bytes:
    """Calldata of a function without dynamic arguments; addresses and hashes as 0x-strings."""
    return _selector(contract, function) + b"".join(map(_encoded, values))


def signed_call(contract: Contract, function: str, struct: Mandate | Offer, signature: bytes, *last: int) -> bytes:
    """Calldata of a function of a struct, its signature and integers: the signature's place comes where it would be."""
    head = _encoded(struct)
    offset = len(head) + 32 * (1 + len(last))
    padded = signature.ljust(-(-len(signature) // 32) * 32, b"\0")
    return _selector(contract, function) + head + words(offset, *last) + words(len(signature)) + padded


def _encoded(value: int | str | Mandate | Offer | Repayment) -> bytes:
    if isinstance(value, int):
        return words(value)
    if isinstance(value, str):
        return words(int(value, 16))
    return b"".join(map(_encoded, astuple(value)))


@cache
def _selector(contract: Contract, function: str) -> bytes:
    return selector(f"{function}({','.join(item.type for item in contract.inputs(function))})")
