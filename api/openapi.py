"""The OpenAPI document: what FastAPI derives, with one form of problem and an example for every body."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.identity.principal import COOKIE, scopes_needed, scopes_needed_if_somebody
from api.identity.scopes import Scope
from api.links import add_links
from api.problems import MEDIA_TYPE, ProblemBody
from api.wire import BIGINT_MAX

VERSION: Final = "1.0.0"
TITLE: Final = "Covenant"
SUMMARY: Final = "Credit lines whose collateral, cash and rules live on-chain."
DESCRIPTION: Final = """\
Every `GET` is one snapshot: it carries the block it shows in `as_of`, and each fact says in which block it is and
whether that is `latest`, `safe` or `finalized`. "Now" is that block's time, never a clock's. With `min_block` a read
waits for a block that you know of.

Amounts are decimal strings in base units, with the token named. Rates and ratios are basis points. Times are given as
seconds since 1970 and in RFC 3339. Lists are paged by cursor.

Every `POST` takes an `Idempotency-Key`. One that changes something acts once for the same key and body, however often
it comes within a day: a repeat gets the first answer again, without secrets, and with `Idempotency-Replayed: true`; the
same key with another body is refused. A refused request leaves its key unused, but for a transaction that a node was
handed. What is only built or prepared (`typed-data`, `prepare`) changes nothing, so a repeat is answered anew, as of
the newest block.

Whatever is refused is answered with problem details (RFC 9457): a stable `code`, and a `hint` that says what to do.
"""
TAGS: Final = (
    {"name": "portfolio", "description": "All lines together: totals, health, what is due."},
    {"name": "lines", "description": "Credit lines: terms, state, what is owed, how healthy, what comes next."},
    {"name": "markets", "description": "What is lent, what secures it, and what their oracles say."},
    {"name": "reserves", "description": "What the vault must hold, against what it does hold."},
    {"name": "offers", "description": "What lenders are ready to lend, signed, and whether it can still be taken."},
    {"name": "mandates", "description": "What a borrower signs so that repayments happen without it."},
    {"name": "prepare", "description": "Unsigned transactions for a wallet: in words, and simulated."},
    {"name": "submissions", "description": "Transactions that a wallet signed: passed on, and followed."},
    {"name": "triggers", "description": "Repayments that had to be sent: why, and what became of them."},
    {"name": "transactions", "description": "What the service sends, with every attempt."},
    {"name": "events", "description": "What happened on the chain, in order."},
    {"name": "feeds", "description": "Oracle feeds, their health and their rounds."},
    {"name": "reconciliations", "description": "Comparisons of the mirror with the chain."},
    {"name": "identity", "description": "Signing in with a wallet, and keys for programs."},
    {"name": "webhooks", "description": "Events sent to programs: signed, in order, until they are taken."},
    {"name": "alerts", "description": "What a person should know."},
    {"name": "health", "description": "Whether the service lives, is ready, and how it does."},
)

SECURITY_SCHEMES: Final = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "A key of POST /v1/api-keys."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The cookie of POST /v1/sessions."},
}

_NOTHING_SAID: Final = "Successful Response"
"""What FastAPI says of an answer by itself."""

_ANY_PROBLEM: Final = {
    "description": "Any other refusal.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}}},
}

Schema = dict[str, Any]
Examples = dict[str, dict[str, Any]]


def build_openapi(app: FastAPI, routers: Sequence[APIRouter]) -> Schema:
    """The document of ``app``, which includes ``routers`` and nothing else."""
    document = get_openapi(
        title=TITLE,
        version=VERSION,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[dict(tag) for tag in TAGS],
        separate_input_output_schemas=True,
    )
    components: Schema = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(_problem_schemas())
    examples = load_examples()
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    needed = dict(_credentials(routers))
    for operation in _operations(document):
        if operation["operationId"] in needed:
            operation["security"] = needed[operation["operationId"]]
        operation["responses"]["default"] = _ANY_PROBLEM
        for name, media in _json_bodies(operation):
            media["example"] = examples[operation["operationId"]][name]
        _say_what_succeeds(operation, components)
    add_links({operation["operationId"]: operation for operation in _operations(document)})
    _make_bounds_whole(document)
    return document


def load_examples() -> Examples:
    """Bodies that the running service gave and took (recorded by `tests/api/test_openapi.py`), by operation."""
    text = resources.files("api").joinpath("examples.json").read_text(encoding="utf-8")
    examples: Examples = json.loads(text)
    return examples


def _problem_schemas() -> dict[str, Schema]:
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), ProblemBody.__name__: schema}


def _credentials(routers: Sequence[APIRouter]) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """What whoever asks must come with, or may, by the operation's id; an empty one means nothing."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            if (needed := scopes_needed(route)) is not None:
                yield route.name, _ways(needed)
            elif (needed := scopes_needed_if_somebody(route)) is not None:
                yield route.name, [{}, *_ways(needed)]


def _ways(scopes: frozenset[Scope]) -> list[dict[str, list[str]]]:
    return [{scheme: [scope.value for scope in sorted(scopes)]} for scheme in SECURITY_SCHEMES]


def _say_what_succeeds(operation: Schema, components: Schema) -> None:
    """In the words of the model that is answered, where nothing better was said."""
    for response in operation["responses"].values():
        name = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        said = components.get(name.rpartition("/")[2], {}).get("description")
        if response["description"] == _NOTHING_SAID:
            response["description"] = said.partition("\n\n")[0] if said else "It is done."


def _make_bounds_whole(part: Any) -> None:
    """FastAPI writes bounds as floats, and so 2^63 - 1 as 2^63."""
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        if name in ("minimum", "maximum") and isinstance(value, float):
            part[name] = min(int(value), BIGINT_MAX)
        elif isinstance(value, dict | list):
            _make_bounds_whole(value)


def _operations(document: Schema) -> Iterator[Schema]:
    for path in document["paths"].values():
        yield from path.values()


def _json_bodies(operation: Schema) -> Iterator[tuple[str, Schema]]:
    """Each body in JSON that has a schema of its own: "request", or the status of the response."""
    named = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for name, holder in named.items():
        if "application/json" in holder.get("content", {}):
            yield name, holder["content"]["application/json"]
