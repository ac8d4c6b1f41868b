"""Column types: chain integers as Python ints, addresses and hashes as 0x-strings over compact bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import LargeBinary, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Integer256(TypeDecorator[int]):
    """Any integer of up to 256 bits, signed or not, exactly: PostgreSQL `numeric(78, 0)`, a Python int."""

    impl = Numeric(78, 0)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


class Hex(TypeDecorator[str]):
    """Bytes of a fixed length, kept as `bytea` and read as a lower-case 0x-string (an address, a hash).

    Raises ValueError when a value of another length is bound.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        raw = bytes.fromhex(value.removeprefix("0x"))
        if self.length is not None and len(raw) != self.length:
            raise ValueError(f"expected {self.length} bytes of hex, got {len(raw)}: {value[:80]}")
        return raw

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else "0x" + bytes(value).hex()


def Address() -> Hex:
    """An account or contract: 20 bytes."""
    return Hex(20)


def Hash() -> Hex:
    """A keccak-256 digest: 32 bytes."""
    return Hex(32)
