"""The log bloom of a header (Yellow Paper, section 4.4.3): it says for sure when a contract logged nothing."""

from __future__ import annotations

from collections.abc import Iterable

from eth_hash.auto import keccak


def bloom_bits(item: bytes) -> int:
    """The three bits of the 2048 that ``item`` sets."""
    digest = keccak(item)
    return sum({1 << (int.from_bytes(digest[at : at + 2], "big") & 2047) for at in (0, 2, 4)})


class BloomFilter:
    """Asks many blooms for the same addresses."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._masks = [bloom_bits(bytes.fromhex(address.removeprefix("0x"))) for address in addresses]

    def may_match(self, bloom: int) -> bool:
        """False only if none of the addresses logged anything under this bloom (read as a big-endian integer)."""
        return any(bloom & mask == mask for mask in self._masks)
