"""ABI values as the rest of the project sees them, and a decoder for static types that is fast enough for every log.

Decoded: integers as int, addresses and fixed bytes as lower-case 0x-strings, `bytes` as bytes, structs as dicts by
field name.
Encoded: the same, and structs also as sequences, fixed bytes also as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.address import to_checksum_address

WORD = 32
LARGEST_JSON_INTEGER_BITS = 48

Leaf = Callable[[int], Any]


class UndecodableData(ValueError):
    """Data does not have the form that its ABI type demands."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input or output of an ABI entry. ``type`` is canonical: structs are written as ``(…)``."""

    name: str
    type: str
    components: tuple[Parameter, ...]
    indexed: bool

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Parameter:
        components = tuple(cls.from_json(component) for component in entry.get("components", ()))
        kind = str(entry["type"])
        if components:
            kind = f"({','.join(component.type for component in components)})" + kind.removeprefix("tuple")
        return cls(str(entry.get("name", "")), kind, components, bool(entry.get("indexed", False)))


def encode(parameters: Sequence[Parameter], values: Sequence[Any]) -> bytes:
    """ABI encoding of ``values``. Raises ValueError (of eth_abi) when they don't fit the types."""
    plain = [_plain(parameter, value) for parameter, value in zip(parameters, values, strict=True)]
    return abi_encode([parameter.type for parameter in parameters], plain)


def decoder(parameters: Sequence[Parameter]) -> Callable[[bytes], list[Any]]:
    """A function from ABI-encoded data to the values of ``parameters``; it raises UndecodableData."""
    leaves = _static_leaves(parameters)
    return _general_decoder(parameters) if leaves is None else _static_decoder(parameters, leaves)


def decode_topic(parameter: Parameter, topic: bytes) -> Any:
    """The value of an indexed parameter; of a dynamic one only its hash is known."""
    leaf = _leaf(parameter.type)
    return "0x" + topic.hex() if leaf is None else leaf(int.from_bytes(topic, "big"))


def jsonable(parameter: Parameter, value: Any) -> Any:
    """``value`` for JSON: integers of more than 48 bits as decimal strings, addresses checksummed, bytes as 0x."""
    if parameter.type.endswith("]"):
        element = _element(parameter)
        return [jsonable(element, item) for item in value]
    if parameter.components:
        return {component.name: jsonable(component, value[component.name]) for component in parameter.components}
    if parameter.type == "address":
        return checksummed(value)
    if parameter.type == "bytes" and isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if _needs_digits(parameter.type) else value


@cache
def _needs_digits(kind: str) -> bool:
    """Whether integers of a type can be larger than what every reader of JSON keeps exactly."""
    bits = re.fullmatch(r"u?int(\d+)", kind)
    return bits is not None and int(bits[1]) > LARGEST_JSON_INTEGER_BITS


@lru_cache(maxsize=4096)
def checksummed(address: str) -> str:
    """The EIP-55 form of an address."""
    return to_checksum_address(address)


def _plain(parameter: Parameter, value: Any) -> Any:
    """``value`` in the form that eth_abi takes."""
    if parameter.type.endswith("]"):
        element = _element(parameter)
        return [_plain(element, item) for item in value]
    if parameter.components:
        fields = [value[c.name] for c in parameter.components] if isinstance(value, Mapping) else list(value)
        return tuple(_plain(c, field) for c, field in zip(parameter.components, fields, strict=True))
    if parameter.type.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


def _ours(parameter: Parameter, value: Any) -> Any:
    """A value of eth_abi in the form that the project sees."""
    if parameter.type.endswith("]"):
        element = _element(parameter)
        return [_ours(element, item) for item in value]
    if parameter.components:
        return {c.name: _ours(c, item) for c, item in zip(parameter.components, value, strict=True)}
    if isinstance(value, bytes) and parameter.type != "bytes":
        return "0x" + value.hex()
    return value


def _element(parameter: Parameter) -> Parameter:
    return Parameter(parameter.name, parameter.type[: parameter.type.rindex("[")], parameter.components, False)


def _general_decoder(parameters: Sequence[Parameter]) -> Callable[[bytes], list[Any]]:
    types = [parameter.type for parameter in parameters]

    def decode(data: bytes) -> list[Any]:
        try:
            values = abi_decode(types, data)
        except Exception as error:  # eth_abi also lets UnicodeDecodeError, OverflowError and the like through
            raise UndecodableData(f"{type(error).__name__}: {error}") from None
        return [_ours(parameter, value) for parameter, value in zip(parameters, values, strict=True)]

    return decode


def _static_decoder(parameters: Sequence[Parameter], leaves: Sequence[Leaf]) -> Callable[[bytes], list[Any]]:
    size = WORD * len(leaves)
    offsets = range(0, size, WORD)
    flat = all(not parameter.components for parameter in parameters)

    def decode(data: bytes) -> list[Any]:
        if len(data) != size:
            raise UndecodableData(f"expected {size} bytes, got {len(data)}")
        words = [leaf(int.from_bytes(data[at : at + WORD], "big")) for leaf, at in zip(leaves, offsets, strict=True)]
        if flat:
            return words
        remaining = iter(words)
        return [_assemble(parameter, remaining) for parameter in parameters]

    return decode


def _assemble(parameter: Parameter, words: Any) -> Any:
    if parameter.components:
        return {component.name: _assemble(component, words) for component in parameter.components}
    return next(words)


def _static_leaves(parameters: Sequence[Parameter]) -> list[Leaf] | None:
    """One function a word, or None when a type has no fixed size."""
    leaves: list[Leaf] = []
    for parameter in parameters:
        if parameter.components and not parameter.type.endswith("]"):
            inner = _static_leaves(parameter.components)
            if inner is None:
                return None
            leaves += inner
            continue
        leaf = _leaf(parameter.type)
        if leaf is None:
            return None
        leaves.append(leaf)
    return leaves


def _leaf(kind: str) -> Leaf | None:
    match = re.fullmatch(r"(uint|int|bytes)(\d+)", kind)
    if kind == "address":
        return _address
    if kind == "bool":
        return _bool
    if match is None:
        return None
    size = int(match[2])
    return {"uint": _uint, "int": _int, "bytes": _fixed_bytes}[match[1]](size)


def _address(word: int) -> str:
    if word >> 160:
        raise UndecodableData("an address has more than 20 bytes")
    return f"0x{word:040x}"


def _bool(word: int) -> bool:
    if word > 1:
        raise UndecodableData("a bool is neither 0 nor 1")
    return word == 1


def _uint(bits: int) -> Leaf:
    def leaf(word: int) -> int:
        if word >> bits:
            raise UndecodableData(f"a uint{bits} has more than {bits} bits")
        return word

    return leaf


def _int(bits: int) -> Leaf:
    limit = 1 << (bits - 1)

    def leaf(word: int) -> int:
        value = word - (1 << 256) if word >> 255 else word
        if not -limit <= value < limit:
            raise UndecodableData(f"an int{bits} has more than {bits} bits")
        return value

    return leaf


def _fixed_bytes(size: int) -> Leaf:
    padding = 8 * (WORD - size)

    def leaf(word: int) -> str:
        if word & ((1 << padding) - 1):
            raise UndecodableData(f"a bytes{size} is not padded with zeros")
        return f"0x{word >> padding:0{2 * size}x}"

    return leaf
