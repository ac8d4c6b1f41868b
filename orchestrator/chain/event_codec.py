"""One event of an ABI: from topics and data to its arguments, and from those to JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from eth_hash.auto import keccak

from orchestrator.chain.codec import Parameter, checksummed, decoder, jsonable, needs_digits, static_types
from orchestrator.chain.words import WORD, UndecodableData, static_type


class EventCodec:
    """Reads and shows one event. Static events, which ours are but for one, go a fast way."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.name = str(entry["name"])
        self.inputs = tuple(Parameter.from_json(item) for item in entry.get("inputs", ()))
        self.digest = keccak(f"{self.name}({','.join(item.type for item in self.inputs)})".encode())
        self.topic = "0x" + self.digest.hex()
        indexed = [_in_a_topic(item) for item in self.inputs if item.indexed]
        in_data = [item for item in self.inputs if not item.indexed]
        self._topics = len(indexed)
        self._names = [item.name for item in (*indexed, *in_data)]
        static = static_types(in_data) is not None
        self._decode_all = decoder([*indexed, *in_data]) if static else _in_two_steps(indexed, in_data)
        self._template = _JsonTemplate(self.inputs) if static and all(map(_is_flat, self.inputs)) else None

    def decode(self, topics: Sequence[str], data: bytes) -> dict[str, Any]:
        """The arguments by name. ``topics``: those after the first, as 0x-strings. Raises UndecodableData."""
        try:
            indexed = bytes.fromhex("".join(topics).replace("0x", ""))
        except ValueError:
            raise UndecodableData(f"the topics of {self.name} are not hexadecimal") from None
        if len(topics) != self._topics or len(indexed) != WORD * self._topics:
            raise UndecodableData(f"{self.name} has {self._topics} indexed arguments, the log {len(topics)}")
        return dict(zip(self._names, self._decode_all(indexed + data), strict=True))

    def to_json(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for JSON (see ``codec.jsonable``)."""
        return {item.name: jsonable(item, args[item.name]) for item in self.inputs}

    def to_json_text(self, args: Mapping[str, Any]) -> str:
        """``to_json``, written out."""
        return self._template.fill(args) if self._template else orjson.dumps(self.to_json(args)).decode()


class _JsonTemplate:
    """The JSON of an event whose arguments are single words or structs of such: only the values are to be put in."""

    def __init__(self, inputs: Sequence[Parameter]) -> None:
        self._inputs = [(item.name, bool(item.components)) for item in inputs]
        fields = [field for item in inputs for field in (item.components or (item,))]
        self._convert = [(at, _JSON_WORDS[field.type]) for at, field in enumerate(fields) if field.type in _JSON_WORDS]
        self._text = "{" + ",".join(f'"{item.name}":{_placeholder(item)}' for item in inputs) + "}"

    def fill(self, args: Mapping[str, Any]) -> str:
        values: list[Any] = []
        for name, is_struct in self._inputs:
            if is_struct:
                values += args[name].values()
            else:
                values.append(args[name])
        for at, convert in self._convert:
            values[at] = convert(values[at])
        return self._text % tuple(values)


_JSON_WORDS: Mapping[str, Callable[[Any], str]] = {
    "address": checksummed,
    "bool": {False: "false", True: "true"}.__getitem__,
}


def _placeholder(parameter: Parameter) -> str:
    if parameter.components:
        return "{" + ",".join(f'"{item.name}":{_placeholder(item)}' for item in parameter.components) + "}"
    is_bare = parameter.type == "bool" or ("int" in parameter.type and not needs_digits(parameter.type))
    return "%s" if is_bare else '"%s"'


def _is_flat(parameter: Parameter) -> bool:
    fields = parameter.components or (parameter,)
    return not parameter.type.endswith("]") and all(static_type(field.type) is not None for field in fields)


def _in_a_topic(parameter: Parameter) -> Parameter:
    """Of an indexed argument of a dynamic type only the hash is known."""
    return parameter if static_type(parameter.type) else Parameter(parameter.name, "bytes32", (), indexed=True)


def _in_two_steps(indexed: Sequence[Parameter], in_data: Sequence[Parameter]) -> Callable[[bytes], list[Any]]:
    """Dynamic data counts its offsets from its own beginning, so topics can't stand before it."""
    decode_topics, decode_data, size = decoder(indexed), decoder(in_data), WORD * len(indexed)

    def decode(words: bytes) -> list[Any]:
        return [*decode_topics(words[:size]), *decode_data(words[size:])]

    return decode
