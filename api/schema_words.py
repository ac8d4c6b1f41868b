"""JSON schemas as a person reads them: types, choices and bounds in HTML, with a link to each model that is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from api.wire import BIGINT_MAX

Schema = dict[str, Any]


def type_of(schema: Schema) -> str:
    """What a value may be, in one line: `integer, 1 to 200, or null; 50 unless given`."""
    words = _alternatives(schema)
    return f"{words}; {_code(schema['default'])} unless given" if schema.get("default") is not None else words


def fields_of(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Each field of an object: its name, its type, and what is said of it."""
    for name, field in schema.get("properties", {}).items():
        yield name, type_of(field), prose(field.get("description", ""))


def prose(text: str) -> str:
    """Escaped, with the backquotes of Markdown as code."""
    parts = text.split("`")
    return "".join(
        f"<code>{escape(part)}</code>" if index % 2 else escape(part, quote=False) for index, part in enumerate(parts)
    )


def _alternatives(schema: Schema) -> str:
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices is not None:
        return " or ".join(_alternatives(choice) for choice in choices)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#model-{escape(name)}">{escape(name)}</a>'
    if "const" in schema:
        return _code(schema["const"])
    if "enum" in schema:
        return " or ".join(_code(choice) for choice in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_alternatives(schema.get('items', {}))}"
    return escape(schema.get("type", "anything")) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most == BIGINT_MAX:
        most = None
    if least is not None and most is not None:
        return f", {least} to {most}"
    if least is not None:
        return f", at least {least}"
    if most is not None:
        return f", at most {most}"
    if "format" in schema:
        return f" ({escape(schema['format'])})"
    return f", <code>{escape(schema['pattern'])}</code>" if "pattern" in schema else ""


def _code(value: object) -> str:
    return f"<code>{escape(value if isinstance(value, str) else json.dumps(value))}</code>"
