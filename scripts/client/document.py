"""The OpenAPI document of the application, and the part of it that the client's models are made from.

A client must bear what a newer service adds and must not refuse what it says, so what arrives loses its bounds and
patterns, and members that are not known. What is sent keeps `additionalProperties: false`: a misspelt name is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from api.app import ROUTERS
from api.openapi import build_openapi

Schema = dict[str, Any]

EXACT: Final = "covenant_client.scalars.Exact"
_REF: Final = "#/components/schemas/"
_DECIMAL_PATTERN: Final = re.compile(r"\^(-\?)?\(0\|(-\?)?\[1-9\]\[0-9\]")
_UNCHECKED: Final = frozenset(
    {"pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems",
     "maxItems", "ge", "title", "example", "examples"}
)  # fmt: skip


def openapi_document() -> Schema:
    """What the service answers to `GET /openapi.json`."""
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        app.include_router(router)
    return build_openapi(app, ROUTERS)


def operations_of(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Path, method and operation of all that a program calls: what answers in JSON, and what answers nothing."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            contents = [answer.get("content", {}) for status, answer in operation["responses"].items() if status < "3"]
            if all(not content or "application/json" in content for content in contents):
                yield path, method, operation


def model_document(document: Schema) -> Schema:
    """A document of schemas alone, for the generator of models."""
    schemas: Schema = document["components"]["schemas"]
    received = _reachable(schemas, _received(document))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Covenant", "version": document["info"]["version"]},
        "paths": {},
        "components": {"schemas": {name: _model(schema, name in received) for name, schema in schemas.items()}},
    }


def is_exact(schema: Schema) -> bool:
    """An integer of any size, which travels as a decimal string."""
    alternatives = schema.get("anyOf", [schema])
    return all(
        part.get("type") == "integer" or _DECIMAL_PATTERN.match(part.get("pattern", "")) for part in alternatives
    ) and any("pattern" in part for part in alternatives)


def reference(schema: Schema) -> str:
    """The name of the schema that a `$ref` is of."""
    return str(schema["$ref"]).removeprefix(_REF)


def _received(document: Schema) -> Iterator[str]:
    for _, _, operation in operations_of(document):
        yield from _references(operation["responses"])
    yield "Event"  # comes in a stream, too


def _reachable(schemas: Schema, names: Iterator[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(schemas[name])
    return reached


def _references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str()}:
            yield reference(part)
        case dict():
            for value in part.values():
                yield from _references(value)
        case list():
            for value in part:
                yield from _references(value)


def _model(part: Any, received: bool) -> Any:
    """The schema without what a client does not check, and with the client's own type for exact integers."""
    if isinstance(part, list):
        return [_model(value, received) for value in part]
    if not isinstance(part, dict):
        return part
    if is_exact(part):
        kept = {key: part[key] for key in ("description", "default") if key in part}
        return {"type": "integer", "customTypePath": EXACT, **kept}
    model = {}
    for key, value in part.items():
        if key == "properties":
            model[key] = {name: _model(schema, received) for name, schema in value.items()}
        elif key not in _UNCHECKED and not (received and key == "additionalProperties" and value is False):
            model[key] = _model(value, received)
    return model
