"""The OpenAPI document tells the truth: every operation, every answer, an example of each; and its page asks nobody."""

import json
import os
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.app import ROUTERS
from api.links import LINKS
from api.openapi import load_examples
from tests.api.examples import record
from tests.api.world import World


def routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                yield route


def models_of(route: APIRoute) -> dict[str, Any]:
    """What the bodies of a route are promised to be, by "request" or status."""
    status = str(route.status_code or 200)
    models = {status: route.response_model} if route.response_model else {}
    models |= {str(code): extra["model"] for code, extra in route.responses.items() if "model" in extra}
    for field in route.dependant.body_params:
        models["request"] = field.field_info.annotation
    return models


@pytest.fixture
async def document(world: World) -> dict[str, Any]:
    return await world.get("/openapi.json")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_examples_are_what_the_service_answers_today(world: World) -> None:
    answered = await record(world)
    if os.environ.get("COVENANT_RECORD_EXAMPLES"):
        target = Path(str(resources.files("api").joinpath("examples.json")))
        target.write_text(json.dumps(answered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    committed = load_examples()
    assert shape(committed) == shape(answered)


def shape(value: Any) -> Any:
    """Names and types without the values. A list has the shape of its first item."""
    match value:
        case dict():
            return {name: shape(part) for name, part in value.items()}
        case list():
            return [shape(value[0])] if value else []
        case _:
            return type(value).__name__


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: route.name)
def test_every_body_has_an_example_that_fits_its_model(route: APIRoute) -> None:
    examples = load_examples().get(route.name, {})
    models = models_of(route)
    assert examples.keys() == models.keys()
    for name, model in models.items():
        TypeAdapter(model).validate_json(json.dumps(examples[name]))


async def test_it_is_openapi_3_1_and_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    tags = {tag["name"] for tag in document["tags"]}
    ids = []
    for path, method, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert set(operation["tags"]) <= tags, (method, path)
        ids.append(operation["operationId"])
    assert len(ids) == len(set(ids)) == len(list(routes()))


async def test_every_refusal_is_documented_as_problem_details(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        assert "default" in operation["responses"], path
        for status, response in operation["responses"].items():
            if status[0] in "45" and path != "/health/ready":
                assert list(response["content"]) == ["application/problem+json"], (path, status)
        if path.startswith("/v1"):
            assert "503" in operation["responses"], path
            if operation.get("parameters") or "requestBody" in operation:
                assert "422" in operation["responses"], path
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_reference_in_it_can_be_resolved(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= document["components"]["schemas"].keys()


async def test_every_link_leads_to_an_operation_with_that_parameter_and_starts_from_what_is_answered(
    document: dict[str, Any],
) -> None:
    parameters = {
        operation["operationId"]: {parameter["name"] for parameter in operation.get("parameters", ())}
        for _, _, operation in operations(document)
    }
    examples = load_examples()
    for link in LINKS:
        for target in link.targets:
            assert link.parameter in parameters[target], (link.source, target)
        found = examples[link.source][link.status]
        for step in link.pointer.strip("/").split("/"):
            found = found[int(step) if isinstance(found, list) else step]
        assert isinstance(found, str | int), link


async def test_the_reference_page_shows_every_operation_and_asks_no_other_host(world: World) -> None:
    response = await world.client.get("/docs")
    assert response.status_code == 200
    page = response.text
    for path, _, operation in operations(await world.get("/openapi.json")):
        assert f"<code>{path}</code>" in page
        assert operation["summary"].replace("'", "&#x27;") in page
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
