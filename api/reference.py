"""`/docs`: the OpenAPI document as one page of plain HTML. No script, and no other host is asked for anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter()

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE: Final = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .5rem .8rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 3.5rem; }
code, pre { font: .875em/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; }
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
        yield f"<p>{_prose(paragraph)}"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a>.'
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}"
        for path, method, operation in _operations_of(document, tag["name"]):
            yield from _operation(path, method, operation)


def _operations_of(document: Document, tag: str) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", ()):
                yield path, method, operation


def _operation(path: str, method: str, operation: Document) -> Iterator[str]:
    heading = f"<b>{method.upper()}</b> <code>{escape(path)}</code> — {escape(operation['summary'])}"
    yield f"<details><summary>{heading}</summary>"
    yield f"<p>{_prose(operation.get('description', ''))}"
    parameters = operation.get("parameters", ())
    if parameters:
        yield "<table><tr><th>Parameter<th>In<th>What it is"
        for parameter in parameters:
            needed = " (required)" if parameter.get("required") else ""
            yield f"<tr><td><code>{escape(parameter['name'])}</code>{needed}<td>{escape(parameter['in'])}"
            yield f"<td>{_prose(parameter.get('description', ''))}"
        yield "</table>"
    if "requestBody" in operation:
        yield from _body("Request", operation["requestBody"])
    yield "<table><tr><th>Status<th>Answer"
    for status, response in operation["responses"].items():
        yield f"<tr><td>{escape(status)}<td>{_prose(response['description'])}"
    yield "</table>"
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from _body(f"Example of {status}", response)
    yield "</details>"


def _body(heading: str, holder: Document) -> Iterator[str]:
    example = holder.get("content", {}).get("application/json", {}).get("example")
    if example is not None:
        yield f"<p>{heading}<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"


def _prose(text: str) -> str:
    """Escaped, with the backquotes of Markdown as code."""
    return "".join(
        f"<code>{escape(part)}</code>" if odd else escape(part) for odd, part in _alternating(text.split("`"))
    )


def _alternating(parts: list[str]) -> Iterator[tuple[bool, str]]:
    return ((index % 2 == 1, part) for index, part in enumerate(parts))
