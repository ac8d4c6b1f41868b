"""Calls, results, events and errors of our contracts, by the committed ABIs in `orchestrator/chain/abi`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from eth_hash.auto import keccak

from orchestrator.chain.codec import Parameter, decoder, encode
from orchestrator.chain.event_codec import EventCodec
from orchestrator.chain.words import UndecodableData

PANICS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "no such enum value",
    0x32: "index out of bounds",
    0x41: "out of memory",
}

_BUILT_IN_ERRORS = (
    {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)


class UnknownEvent(UndecodableData):
    """A log whose first topic is no event of the contract."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A function or error of an ABI with what is needed to read and write its data."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    digest: bytes
    decode_inputs: Callable[[bytes], list[Any]]
    decode_outputs: Callable[[bytes], list[Any]]

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Signature:
        inputs = tuple(Parameter.from_json(item) for item in entry.get("inputs", ()))
        outputs = tuple(Parameter.from_json(item) for item in entry.get("outputs", ()))
        digest = keccak(f"{entry['name']}({','.join(item.type for item in inputs)})".encode())
        return cls(str(entry["name"]), inputs, outputs, digest, decoder(inputs), decoder(outputs))

    @property
    def selector(self) -> bytes:
        return self.digest[:4]


class Contract:
    """The codec of one contract. Overloaded functions are not supported: ours have none."""

    def __init__(self, name: str, abi: Sequence[Mapping[str, Any]], errors: Iterable[Mapping[str, Any]] = ()) -> None:
        self.name = name
        self.abi = abi
        known_errors = (*_BUILT_IN_ERRORS, *errors, *(entry for entry in abi if entry["type"] == "error"))
        self._functions = {entry["name"]: Signature.from_json(entry) for entry in abi if entry["type"] == "function"}
        events = [EventCodec(entry) for entry in _of_type(abi, "event")]
        self._events = {event.name: event for event in events}
        self._events_by_topic = {event.topic: event for event in events}
        self._errors = {item.selector: item for item in map(Signature.from_json, known_errors)}

    def encode_call(self, function: str, *args: Any) -> bytes:
        """Calldata. Structs are dicts by field name or sequences. Raises KeyError, ValueError."""
        signature = self._functions[function]
        return signature.selector + encode(signature.inputs, args)

    def function_name(self, calldata: bytes) -> str | None:
        """Which function calldata calls; None when the contract has no such function."""
        found = (item.name for item in self._functions.values() if item.selector == calldata[:4])
        return next(found, None)

    def decode_call(self, function: str, calldata: bytes) -> dict[str, Any]:
        """The arguments of calldata, by name. Raises UndecodableData."""
        signature = self._functions[function]
        if calldata[:4] != signature.selector:
            raise UndecodableData(f"not a call of {function}")
        values = signature.decode_inputs(calldata[4:])
        return {item.name: value for item, value in zip(signature.inputs, values, strict=True)}

    def decode_result(self, function: str, data: bytes | str) -> Any:
        """What ``function`` returned: the value, or a tuple of several. Raises UndecodableData."""
        values = self._functions[function].decode_outputs(_raw(data))
        return values[0] if len(values) == 1 else tuple(values)

    def inputs(self, function: str) -> tuple[Parameter, ...]:
        """What a function takes. Raises KeyError."""
        return self._functions[function].inputs

    def topic(self, event: str) -> str:
        """The first topic of an event. Raises KeyError."""
        return self._events[event].topic

    def decode_event(self, topics: Sequence[bytes | str], data: bytes | str) -> tuple[str, dict[str, Any]]:
        """Name and arguments of a log.

        Raises:
            UnknownEvent: the contract has no such event.
            UndecodableData: topics or data don't have the event's form.
        """
        return self.decode_log([_text(topic) for topic in topics], _raw(data))

    def decode_log(self, topics: Sequence[str], data: bytes) -> tuple[str, dict[str, Any]]:
        """As ``decode_event``, without looking at what it is given."""
        event = self._events_by_topic.get(topics[0]) if topics else None
        if event is None:
            raise UnknownEvent(f"{self.name} has no event {topics[0] if topics else '(anonymous)'}")
        return event.name, event.decode(topics[1:], data)

    def event_to_json(self, event: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of an event for JSON (see ``codec.jsonable``)."""
        return self._events[event].to_json(args)

    def event_to_json_text(self, event: str, args: Mapping[str, Any]) -> str:
        """``event_to_json``, written out."""
        return self._events[event].to_json_text(args)

    def error_name(self, data: bytes | str | None) -> str | None:
        """The name of the error in revert data, None when it is unknown or missing."""
        signature = self._errors.get(_raw(data or b"")[:4])
        return signature.name if signature else None

    def decode_error(self, data: bytes | str | None) -> str:
        """Revert data for people: the error with its values. Knows all our custom errors; never raises."""
        raw = _raw(data or b"")
        signature = self._errors.get(raw[:4])
        if signature is None:
            return f"unknown error 0x{raw.hex()}" if raw else "reverted without a reason"
        try:
            values = signature.decode_inputs(raw[4:])
        except UndecodableData:
            return f"{signature.name} with malformed values 0x{raw[4:].hex()}"
        if signature.name == "Error":
            return str(values[0])
        if signature.name == "Panic":
            return PANICS.get(values[0], f"panic {values[0]:#x}")
        shown = ", ".join(f"{item.name}={_shown(value)}" for item, value in zip(signature.inputs, values, strict=True))
        return f"{signature.name}({shown})"


def load_abi(name: str) -> list[dict[str, Any]]:
    """The committed ABI of a contract. Raises FileNotFoundError."""
    text = resources.files("orchestrator.chain").joinpath("abi", f"{name}.json").read_text(encoding="utf-8")
    abi: list[dict[str, Any]] = json.loads(text)
    return abi


@cache
def load_contract(name: str) -> Contract:
    """The codec of a committed ABI, which also reads the errors of all the others. Raises FileNotFoundError."""
    folder = resources.files("orchestrator.chain").joinpath("abi")
    others = (load_abi(file.name.removesuffix(".json")) for file in folder.iterdir() if file.name.endswith(".json"))
    return Contract(name, load_abi(name), [error for abi in others for error in _of_type(abi, "error")])


def _of_type(abi: Iterable[Mapping[str, Any]], kind: str) -> Iterable[Mapping[str, Any]]:
    return (entry for entry in abi if entry["type"] == kind)


def _raw(data: bytes | str) -> bytes:
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else "0x" + data.hex()


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
