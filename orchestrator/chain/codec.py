"""ABI values as the rest of the project sees them.

Decoded: integers as int, addresses and fixed bytes as lower-case 0x-strings, `bytes` as bytes, structs as dicts by
field name.
Encoded: the same, and structs also as sequences, fixed bytes also as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.address import to_checksum_address

from orchestrator.chain.words import StaticType, UndecodableData, WordReader, static_type

__all__ = [
    "Parameter", "UndecodableData", "checksummed", "decoder", "encode", "jsonable", "needs_digits", "static_types",
]  # fmt: skip

LARGEST_JSON_INTEGER_BITS = 48


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
    types = static_types(parameters)
    return _general_decoder(parameters) if types is None else _static_decoder(parameters, types)


def static_types(parameters: Sequence[Parameter]) -> list[StaticType] | None:
    """One type a word, structs laid flat; None when the values have no fixed size."""
    types: list[StaticType] = []
    for parameter in parameters:
        if parameter.components and not parameter.type.endswith("]"):
            inner = static_types(parameter.components)
            if inner is None:
                return None
            types += inner
            continue
        one = static_type(parameter.type)
        if one is None:
            return None
        types.append(one)
    return types


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
    return str(value) if needs_digits(parameter.type) else value


@cache
def needs_digits(kind: str) -> bool:
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


def _static_decoder(parameters: Sequence[Parameter], types: Sequence[StaticType]) -> Callable[[bytes], list[Any]]:
    read = WordReader(types)
    if all(not parameter.components for parameter in parameters):
        return read
    places = list(_places(parameters))

    def decode(data: bytes) -> list[Any]:
        values = read(data)
        return [_value_at(place, values) for place in places]

    return decode


@dataclass(frozen=True, slots=True)
class _Place:
    """Which of the words a value takes. ``fields``: of a struct, by name; ``flat``: they take a word each."""

    start: int
    end: int
    names: tuple[str, ...]
    fields: tuple[_Place, ...]
    flat: bool


def _places(parameters: Sequence[Parameter], start: int = 0) -> Iterator[_Place]:
    for parameter in parameters:
        fields = tuple(_places(parameter.components, start))
        end = fields[-1].end if fields else start + 1
        names = tuple(component.name for component in parameter.components)
        yield _Place(start, end, names, fields, all(not field.fields for field in fields))
        start = end


def _value_at(place: _Place, values: Sequence[Any]) -> Any:
    if not place.fields:
        return values[place.start]
    if place.flat:
        return dict(zip(place.names, values[place.start : place.end], strict=True))
    return {name: _value_at(field, values) for name, field in zip(place.names, place.fields, strict=True)}
