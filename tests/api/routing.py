"""The operations of the API, for tests that walk all of them."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute

from api.app import ROUTERS


def routes() -> Iterator[APIRoute]:
    """Each operation of the OpenAPI document."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                yield route
