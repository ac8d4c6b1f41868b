"""Every refusal of the API: RFC 9457 problem details with a stable ``code`` and a ``hint`` that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. ``code`` and ``status`` never change; ``hint`` holds unless a raiser knows better."""

    code: str
    status: int
    title: str
    hint: str

    @property
    def type(self) -> str:
        return f"urn:covenant:problem:{self.code}"


class InvalidField(BaseModel):
    """One value of a request that was refused."""

    at: str = Field(description="Where it is: `body.offer.aprBps`, `query.limit`.")
    message: str


class ProblemBody(BaseModel):
    """RFC 9457 problem details. Programs look at `code`; people read `detail` and `hint`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:covenant:problem:unknown_line",
                "title": "Unknown line",
                "status": 404,
                "code": "unknown_line",
                "detail": "there is no line 99 at block 21190012",
                "hint": "line ids run from 1; list them with GET /v1/lines",
                "instance": "/v1/lines/99",
            }
        }
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str
    instance: str = Field(description="The path that was asked for.")
    errors: list[InvalidField] | None = Field(default=None, description="Each refused value, when there are several.")


class Problem(Exception):
    """A refusal on its way to the client. ``detail`` says what is wrong, with values, in one line."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        hint: str | None = None,
        *,
        errors: Sequence[InvalidField] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.hint = hint or kind.hint
        self.errors = errors
        self.headers = headers

    def response(self, instance: str) -> Response:
        body = ProblemBody(
            type=self.kind.type,
            title=self.kind.title,
            status=self.kind.status,
            code=self.kind.code,
            detail=self.detail,
            hint=self.hint,
            instance=instance,
            errors=list(self.errors) or None,
        )
        return Response(
            body.model_dump_json(exclude_none=True), self.kind.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of an operation that can refuse with these kinds, for OpenAPI."""
    by_status: dict[int | str, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _documented_status(same) for status, same in by_status.items()}


def _documented_status(kinds: list[Kind]) -> dict[str, Any]:
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    return {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}, "examples": examples}
        },
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": f"{kind.title.lower()}, with the values that broke",
        "hint": kind.hint,
        "instance": "/v1/…",
    }


# ---------------------------------------------------------------- the request itself

MALFORMED_JSON: Final = Kind("malformed_json", 400, "The body is not JSON", "send one JSON object, encoded in UTF-8")
MALFORMED_CURSOR: Final = Kind(
    "malformed_cursor", 400, "The cursor is not one of ours",
    "pass `next_cursor` of the page before, unchanged, to the same list; leave it out for the first page",
)  # fmt: skip
NOT_FOUND: Final = Kind("not_found", 404, "There is nothing at this path", "see /openapi.json for what there is")
METHOD_NOT_ALLOWED: Final = Kind(
    "method_not_allowed", 405, "This path has no such method", "use one of the methods in the `Allow` header"
)
BODY_TOO_LARGE: Final = Kind("body_too_large", 413, "The body is too large", "no request needs more than 64 KiB")
UNSUPPORTED_MEDIA_TYPE: Final = Kind(
    "unsupported_media_type", 415, "The body is not declared as JSON", "send `Content-Type: application/json`"
)
INVALID_REQUEST: Final = Kind(
    "invalid_request", 422, "A value of the request is not valid", "correct the values named in `errors`"
)
IDEMPOTENCY_KEY_REUSED: Final = Kind(
    "idempotency_key_reused", 409, "The idempotency key was used with another body",
    "use a new `Idempotency-Key` for each new request; repeat a request unchanged",
)  # fmt: skip

RATE_LIMITED: Final = Kind(
    "rate_limited", 429, "Too many requests", "wait for the seconds of `Retry-After`; read what changes from the stream"
)

BODY_PROBLEMS: Final = (MALFORMED_JSON, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST)
"""What every operation with a body can answer instead."""

# ---------------------------------------------------------------- what we know of the chain

BLOCK_NOT_MIRRORED: Final = Kind(
    "block_not_mirrored", 409, "The block asked for is not mirrored yet",
    "ask again in a moment, or leave out `min_block` to read what is there",
)  # fmt: skip
MIRROR_EMPTY: Final = Kind(
    "mirror_empty", 503, "No block of the chain is mirrored yet",
    "wait until the indexer has read its first block; /health/ready tells",
)  # fmt: skip
DATABASE_UNAVAILABLE: Final = Kind(
    "database_unavailable", 503, "The database cannot be reached", "try again in a moment; /health/ready tells"
)
CHAIN_UNAVAILABLE: Final = Kind(
    "chain_unavailable", 503, "The chain's node cannot be reached", "try again in a moment; /health/ready tells"
)
INTERNAL: Final = Kind(
    "internal_error", 500, "Something broke on our side", "tell the operator the `X-Request-Id` of this response"
)
