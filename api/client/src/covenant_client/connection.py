"""What both clients say of themselves, and how a function that builds a request becomes a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from covenant_client.version import VERSION


def headers_of(api_key: str | None) -> dict[str, str]:
    """Of every request of a client."""
    headers = {"User-Agent": f"covenant-client/{VERSION}"}
    if api_key is not None:
        headers["Authorization"] = f"Bearer {api_key}"
    return headers


def describe(method: Any, build: Callable[..., Any]) -> None:
    """Gives ``method`` the name, the documentation and the parameters of ``build``, for `help()` and notebooks."""
    method.__name__ = method.__qualname__ = build.__name__
    method.__doc__ = build.__doc__
    client = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__signature__ = inspect.Signature([client, *inspect.signature(build).parameters.values()])
