"""`/docs`: the OpenAPI document as one page of plain HTML. No script, and no other host is asked for anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.schema_words import fields_of, prose, type_of

router = APIRouter()

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE: Final = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
a { color: light-dark(#1d4f91, #8ab8f5); }
nav a { margin-right: 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .5rem .8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; } summary b { display: inline-block; min-width: 4.2rem; }
code, pre { font: .875em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; overflow-wrap: normal; padding: .6rem; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; }
td:first-child { min-width: 5.5rem; }
td:nth-child(n+2) { overflow-wrap: anywhere; }
div[id], h2[id] { scroll-margin-top: 4rem; }
"""

Document = dict[str, Any]


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    document: Document = request.app.openapi()
    return HTMLResponse("".join(_page(document)), headers={"Content-Security-Policy": _POLICY})


def _page(document: Document) -> Iterator[str]:
    info = document["info"]
    title = f"{escape(info['title'])} API {escape(info['version'])}"
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{title}</h1>'
    yield f"<p>{escape(info['summary'])}"
    for paragraph in info["description"].strip().split("\n\n"):
        yield f"<p>{prose(paragraph)}"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a>. For people: <a href="/console">the console</a>.'
    yield '<nav aria-label="Subjects"><p>'
    yield from (f'<a href="#{tag["name"]}">{escape(tag["name"])}</a> ' for tag in document["tags"])
    yield '<a href="#models">models</a></nav>'
    for tag in document["tags"]:
        yield f'<h2 id="{escape(tag["name"])}">{escape(tag["name"])}</h2><p>{escape(tag["description"])}'
        for path, method, operation in _operations_of(document, tag["name"]):
            yield from _operation(path, method, operation)
    yield '<h2 id="models">models</h2><p>What bodies are made of.'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _model(name, schema)


def _operations_of(document: Document, tag: str) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", ()):
                yield path, method, operation


def _operation(path: str, method: str, operation: Document) -> Iterator[str]:
    heading = f"<b>{method.upper()}</b> <code>{escape(path)}</code> — {escape(operation['summary'])}"
    # A link to something within opens what is closed around it.
    yield f'<details><summary>{heading}</summary><div id="{escape(operation["operationId"])}">'
    yield from (f"<p>{prose(paragraph)}" for paragraph in operation.get("description", "").split("\n\n"))
    yield from _credentials(operation)
    yield from _parameters(operation.get("parameters", ()))
    if "requestBody" in operation:
        yield from _body("Request", operation["requestBody"])
    yield "<table><tr><th>Status<th>Answer"
    for status, response in sorted(operation["responses"].items()):
        yield f"<tr><td>{escape(status)}<td>{prose(response['description'])}"
    yield "</table>"
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from _body(f"Answer {status}", response)
    yield "</div></details>"


def _credentials(operation: Document) -> Iterator[str]:
    if "security" not in operation:
        return
    scopes = {scope for way in operation["security"] for needed in way.values() for scope in needed}
    held = "".join(f" with the scope <code>{escape(scope)}</code>" for scope in sorted(scopes))
    yield f"<p>{'Can come with' if {} in operation['security'] else 'Needs'} an API key or a session{held}."


def _parameters(parameters: list[Document]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><tr><th>Parameter<th>In<th>Type<th>What it is"
    for parameter in parameters:
        needed = " (required)" if parameter.get("required") else ""
        yield f"<tr><td><code>{escape(parameter['name'])}</code>{needed}<td>{escape(parameter['in'])}"
        yield f"<td>{type_of(_given(parameter['schema']))}<td>{prose(parameter.get('description', ''))}"
    yield "</table>"


def _given(schema: Document) -> Document:
    """What a parameter is when it is given: only by being left out can it be nothing."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return {**schema, "anyOf": choices} if choices else schema


def _body(heading: str, holder: Document) -> Iterator[str]:
    for media_type, media in holder.get("content", {}).items():
        schema = media.get("schema")
        what = f"{type_of(schema)} as <code>{escape(media_type)}</code>" if schema else f"<code>{media_type}</code>"
        yield f"<p>{heading}: {what}, such as<pre>{escape(_text(media['example']))}</pre>"


def _text(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _model(name: str, schema: Document) -> Iterator[str]:
    yield f'<details><summary><code>{escape(name)}</code></summary><div id="model-{escape(name)}">'
    yield from (f"<p>{prose(paragraph)}" for paragraph in schema.get("description", "").split("\n\n") if paragraph)
    fields = list(fields_of(schema))
    if fields:
        yield "<table><tr><th>Field<th>Type<th>What it is"
        yield from (f"<tr><td><code>{escape(field)}</code><td>{what}<td>{words}" for field, what, words in fields)
        yield "</table>"
    else:
        yield f"<p>{type_of(schema)}"
    yield "</div></details>"
