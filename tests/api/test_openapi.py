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

from api.links import LINKS
from api.openapi import load_examples
from tests.api.examples import record
from tests.api.routing import routes
from tests.api.world import World


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


async def test_what_an_operation_needs_is_said_with_its_scope(document: dict[str, Any]) -> None:
    needed = {operation["operationId"]: operation.get("security") for _, _, operation in operations(document)}
    assert needed["list_lines"] is None
    assert needed["get_current_session"] == [{"api_key": []}, {"session": []}]
    assert needed["list_alerts"] == [{"api_key": ["alerts:read"]}, {"session": ["alerts:read"]}]
    assert needed["post_signed_offer"] == [{}, {"api_key": ["offers:write"]}, {"session": ["offers:write"]}]


async def test_bounds_are_whole_and_every_answer_is_said_to_be_something(world: World) -> None:
    text = (await world.client.get("/openapi.json")).text
    assert "e+18" not in text
    assert '"maximum":9223372036854775807' in text
    assert "Successful Response" not in text


async def test_the_reference_page_leads_to_every_model_that_it_names(world: World) -> None:
    page = (await world.client.get("/docs")).text
    targets = set(re.findall(r'<(?:div|h2) id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets
    assert {f"model-{name}" for name in (await world.get("/openapi.json"))["components"]["schemas"]} <= targets
    assert "with the scope <code>webhooks:write</code>" in page
    assert "integer, 1 to 200; <code>50</code> unless given" in page


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
