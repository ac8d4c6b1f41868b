"""One request as a value: what is sent, and what an answer to it is read as. Nothing here sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote
from uuid import UUID, uuid4

from pydantic import BaseModel, TypeAdapter, ValidationError

from covenant_client.errors import Unreadable

Value = str | int | UUID | Sequence[str] | None
Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Request(Generic[Answer_co]):
    """``answer`` is what the body is with one of ``statuses``; None for an answer without a body."""

    method: str
    path: str
    answer: type[Answer_co] | None
    statuses: tuple[int, ...]
    query: Mapping[str, Value] = field(default_factory=dict)
    body: BaseModel | None = None
    idempotency_key: str | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.method != "POST" or self.idempotency_key is not None

    def with_query(self, **changes: Value) -> Request[Answer_co]:
        """The same with other values in its query."""
        return replace(self, query={**self.query, **changes})

    def parameters(self) -> dict[str, str | list[str]]:
        """The query as it is sent. What is None is left out."""
        return {name: _text(value) for name, value in self.query.items() if value is not None}

    def headers(self) -> dict[str, str]:
        """Those of this request alone."""
        headers = {"Accept": "application/json"}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        return headers

    def content(self) -> bytes | None:
        """The body: what was given, and no default in place of what was not."""
        if self.body is None:
            return None
        return self.body.model_dump_json(by_alias=True, exclude_unset=True).encode()

    def read(self, content: bytes) -> Answer_co:
        """The answer out of a body. Raises Unreadable."""
        if self.answer is None:
            return cast(Answer_co, None)
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(self.answer)
            return cast(Answer_co, adapter.validate_json(content))
        except ValidationError as error:
            places = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors()[:3])
            raise Unreadable(
                f"{self.method} {self.path} was answered with no {self.answer.__name__}: {places}"
            ) from None


def new_key() -> str:
    """An `Idempotency-Key` that nobody has used."""
    return str(uuid4())


def segment(value: str | int | UUID) -> str:
    """One part of a path, whatever characters are in it."""
    return quote(str(value), safe="")


def _text(value: Value) -> str | list[str]:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | UUID():
            return str(value)
        case _:
            assert value is not None, "left out before"
            return list(value)
