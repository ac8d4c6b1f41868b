"""Recursive length prefix (Yellow Paper, appendix B), encoding only: every header and many receipts are hashed."""

from __future__ import annotations

from collections.abc import Sequence

Item = bytes | Sequence["Item"]


def encode(item: Item) -> bytes:
    """The encoding of a string of bytes, or of a list of such and of lists."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(map(encode, item))
    return _prefix(len(body), 0xC0) + body


def big_endian(value: int) -> bytes:
    """A non-negative integer as it is encoded: without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _prefix(length: int, kind: int) -> bytes:
    if length < 56:
        return bytes((kind + length,))
    size = big_endian(length)
    return bytes((kind + 55 + len(size),)) + size
