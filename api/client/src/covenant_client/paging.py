"""From one page of a list to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from covenant_client.request import Request

Item_co = TypeVar("Item_co", covariant=True)


class Page(Protocol[Item_co]):
    """Some items of a list, in its order."""

    @property
    def items(self) -> Sequence[Item_co]: ...


@runtime_checkable
class _HasCursor(Protocol):
    @property
    def next_cursor(self) -> str | None: ...


@runtime_checkable
class _IsLog(Protocol):
    @property
    def last_position(self) -> int: ...

    @property
    def has_more(self) -> bool: ...


def following(request: Request[Page[Item_co]], page: Page[Item_co]) -> Request[Page[Item_co]] | None:
    """The request for what comes after ``page``, which answered ``request``; None after the last one."""
    if isinstance(page, _IsLog):
        bound = "before" if request.query.get("sort") == "newest" else "after"
        return request.with_query(**{bound: page.last_position}) if page.has_more else None
    if isinstance(page, _HasCursor) and page.next_cursor is not None:
        return request.with_query(cursor=page.next_cursor)
    return None
