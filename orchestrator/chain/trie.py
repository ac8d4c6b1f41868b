"""The root of the Merkle-Patricia trie of a list: how a header commits to its receipts (Yellow Paper, appendix D).

Only the root is wanted, so the trie is never built: a node is made from the sorted keys below it, and its hash is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_hash.auto import keccak

from orchestrator.chain.rlp_encoding import Item as Encodable
from orchestrator.chain.rlp_encoding import big_endian, encode

HASHED_FROM: Final = 32
"""A node of at least this many encoded bytes is named by its hash, a shorter one stands in its parent as it is."""

EMPTY_ROOT: Final = keccak(encode(b""))

Nibbles = tuple[int, ...]
Item = tuple[Nibbles, bytes]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root of the trie with the RLP-encoded position of each value as its key."""
    if not values:
        return EMPTY_ROOT
    items = sorted((_nibbles(encode(big_endian(position))), value) for position, value in enumerate(values))
    return keccak(encode(_node(items, 0)))


def _node(items: Sequence[Item], depth: int) -> list[Encodable]:
    """The node above ``items``, whose keys agree in their first ``depth`` nibbles. No key is a prefix of another."""
    first, value = items[0]
    if len(items) == 1:
        return [_compact(first[depth:], leaf=True), value]
    last = items[-1][0]
    shared = depth
    while first[shared] == last[shared]:  # the keys are sorted: what first and last share, all share
        shared += 1
    if shared > depth:
        return [_compact(first[depth:shared], leaf=False), _reference(_node(items, shared))]
    branch: list[Encodable] = [b""] * 17
    start = 0
    for end in range(1, len(items) + 1):
        if end == len(items) or items[end][0][depth] != items[start][0][depth]:
            branch[items[start][0][depth]] = _reference(_node(items[start:end], depth + 1))
            start = end
    return branch


def _reference(node: list[Encodable]) -> Encodable:
    encoded = encode(node)
    return keccak(encoded) if len(encoded) >= HASHED_FROM else node


def _compact(nibbles: Nibbles, *, leaf: bool) -> bytes:
    """The hex-prefix encoding of a part of a path."""
    flag = 2 if leaf else 0
    odd = len(nibbles) % 2
    full = (flag + odd, *nibbles) if odd else (flag, 0, *nibbles)
    return bytes(16 * high + low for high, low in zip(full[::2], full[1::2], strict=True))


def _nibbles(key: bytes) -> Nibbles:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))
