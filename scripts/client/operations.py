"""The client's operations: a function for each, which builds the request; and both clients' methods over them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from scripts.client.document import Schema, is_exact, operations_of, reference

_SCALARS: Final = {"integer": "int", "boolean": "bool", "string": "str"}
_KEY: Final = "Idempotency-Key"


def operations_source(document: Schema, header: str) -> str:
    """A module of functions, each of which makes a `Request` and sends nothing."""
    functions = "\n\n\n".join(_function(*operation) for operation in operations_of(document))
    return f'''"""A function for each operation of the API: it builds the request, and a client sends it.{header}"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from covenant_client import models
from covenant_client.request import Request, new_key, segment


{functions}
'''


def methods_source(document: Schema, header: str, module: str, client: str, title: str) -> str:
    """The class with a method for each operation, over ``covenant_client.MODULE``."""
    lines = []
    for _, _, operation in operations_of(document):
        name = operation["operationId"]
        lines.append(f"    {name} = calling(operations.{name})")
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", [])) or name == "list_events":
            lines.append(f"    {name.removeprefix('list_')} = iterating(operations.{name})")
    methods = "\n".join(lines)
    return f'''"""{title}{header}"""

from __future__ import annotations

from covenant_client import operations
from covenant_client.{module} import {client}, calling, iterating


class {client.removeprefix("Plain")}({client}):
    """A method for each operation. What comes in pages can be had whole: `lines()` asks for all of them."""

{methods}
'''


def _function(path: str, method: str, operation: Schema) -> str:
    parameters = operation.get("parameters", [])
    in_path = [one for one in parameters if one["in"] == "path"]
    in_query = [one for one in parameters if one["in"] == "query"]
    takes_key = any(one["name"] == _KEY for one in parameters)
    answer, statuses = _answer(operation)
    signature = [f"{one['name']}: {_annotation(one['schema'])}" for one in in_path]
    arguments = [f'"{method.upper()}"', _path(path, in_path), answer, f"statuses={statuses}"]
    if "requestBody" in operation:
        signature.append(f"body: models.{_model_of(operation['requestBody'])}")
        arguments.append("body=body")
    if in_query or takes_key:
        signature.append("*")
    for one in in_query:
        optional = "" if one.get("required") else " | None = None"
        signature.append(f"{one['name']}: {_annotation(one['schema'])}{optional}")
    if in_query:
        arguments.append("query={" + ", ".join(f'"{one["name"]}": {one["name"]}' for one in in_query) + "}")
    if takes_key:
        signature.append("idempotency_key: str | None = None")
        arguments.append("idempotency_key=idempotency_key or new_key()")
    return (
        f"def {operation['operationId']}({', '.join(signature)}) -> Request[{answer}]:\n"
        f"{_docstring(path, method, operation, in_path + in_query)}\n"
        f"    return Request({', '.join(arguments)})"
    )


def _docstring(path: str, method: str, operation: Schema, parameters: list[Schema]) -> str:
    described = [f"{one['name']}: {one['description']}" for one in parameters if "description" in one]
    parts = [f"{operation['summary']}: {method.upper()} {path}", operation["description"]]
    if described:
        parts.append("Args:\n" + textwrap.indent("\n".join(described), "    "))
    text = "\n\n".join(part.strip() for part in parts)
    return textwrap.indent(f'"""{text}\n"""', "    ")


def _annotation(schema: Schema) -> str:
    """The type of a parameter, without None: what is left out is not sent."""
    if is_exact(schema):
        return "int"
    match schema:
        case {"$ref": str()}:
            return f"models.{reference(schema)}"
        case {"enum": [*values]}:
            return f"Literal[{', '.join(map(repr, values))}]"
        case {"anyOf": [*alternatives]}:
            return " | ".join(dict.fromkeys(_annotation(one) for one in alternatives if one.get("type") != "null"))
        case {"type": "array", "items": items}:
            return f"Sequence[{_annotation(items)}]"
        case {"format": "uuid"}:
            return "UUID | str"
    return _SCALARS[schema["type"]]


def _path(path: str, parameters: list[Schema]) -> str:
    """The path as an expression; whatever is no integer is quoted."""
    for one in parameters:
        if _annotation(one["schema"]) != "int":
            path = path.replace(f"{{{one['name']}}}", f"{{segment({one['name']})}}")
    return f'{"f" if parameters else ""}"{path}"'


def _answer(operation: Schema) -> tuple[str, str]:
    """The type of the answer, and the statuses that carry one: an answer of another model is none."""
    found: dict[str, list[int]] = {}
    for status, model in _answers(operation):
        found.setdefault(model, []).append(status)
    [(answer, statuses)] = found.items()
    return answer, f"({', '.join(map(str, sorted(statuses)))},)"


def _answers(operation: Schema) -> Iterator[tuple[int, str]]:
    for status, response in operation["responses"].items():
        content: dict[str, Any] = response.get("content", {})
        if "application/json" in content:
            yield int(status), f"models.{_model_of(response)}"
        elif status == "204":
            yield int(status), "None"


def _model_of(holder: Schema) -> str:
    return reference(holder["content"]["application/json"]["schema"]).replace("-", "")
