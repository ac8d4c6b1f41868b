"""Addresses that depend on code and salt alone: CREATE2 through the deterministic deployment proxy."""

from __future__ import annotations

from typing import Final

from eth_typing import ChecksumAddress
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

PROXY: Final = to_checksum_address("0x4e59b44847b379578588920ca78fbf26c0b4956c")
"""Arachnid's deterministic deployment proxy: the same address on every chain. Its calldata is the salt and then
the creation code."""

PROXY_CODE: Final = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b"
    "8082525050506014600cf3"
)


def salt_of(label: str) -> bytes:
    """Another label is another set of addresses for the same code."""
    return keccak(text=label)


def address_of(salt: bytes, creation: bytes) -> ChecksumAddress:
    """Where the proxy puts what `creation` (constructor arguments included) makes. EIP-1014."""
    return to_checksum_address(keccak(b"\xff" + to_canonical_address(PROXY) + salt + keccak(creation))[12:])


def first_child_of(parent: ChecksumAddress) -> ChecksumAddress:
    """Where the first contract that `parent` creates will be (EIP-161: its nonce is 1 then)."""
    return to_checksum_address(keccak(b"\xd6\x94" + to_canonical_address(parent) + b"\x01")[12:])
