"""What is generated (`make lint` holds it to the application) fits whatever the service was seen to take and give."""

import inspect
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from api.openapi import load_examples
from covenant_client import AsyncClient, Client, models, operations, problems
from covenant_client.errors import Refused, Unreadable
from covenant_client.request import Request
from scripts.client.document import is_exact, model_document, openapi_document, operations_of
from scripts.client.problems import problem_kinds

DOCUMENT = openapi_document()
EXAMPLES = load_examples()
BUILDERS = [operation["operationId"] for _, _, operation in operations_of(DOCUMENT)]


def build(name: str) -> Request[Any]:
    """The request of an operation, with something in place of each thing that it needs."""
    function = getattr(operations, name)
    needed = {
        parameter.name: body_of(name) if parameter.name == "body" else 1
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    }
    request = function(**needed)
    assert isinstance(request, Request)
    return request


def body_of(name: str) -> BaseModel:
    model = inspect.get_annotations(getattr(operations, name), eval_str=True)["body"]
    body = model.model_validate_json(json.dumps(EXAMPLES[name]["request"]))
    assert isinstance(body, BaseModel)
    return body


@pytest.mark.parametrize("name", BUILDERS)
def test_each_recorded_answer_is_read_and_means_the_same_when_written_again(name: str) -> None:
    request = build(name)
    for status in request.statuses:
        if request.answer is None:
            continue
        recorded = EXAMPLES[name][str(status)]
        read = request.read(json.dumps(recorded).encode())
        assert isinstance(read, BaseModel)
        assert same(json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)), recorded)


def same(written: Any, recorded: Any) -> bool:
    """Equal, where times may differ in how their fractions are written."""
    if isinstance(written, dict) and isinstance(recorded, dict):
        return written.keys() == recorded.keys() and all(same(written[name], recorded[name]) for name in written)
    if isinstance(written, list) and isinstance(recorded, list):
        return len(written) == len(recorded) and all(map(same, written, recorded))
    return bool(written == recorded) or (
        isinstance(written, str)
        and isinstance(recorded, str)
        and datetime.fromisoformat(written) == datetime.fromisoformat(recorded)
    )


@pytest.mark.parametrize("name", [name for name in BUILDERS if "request" in EXAMPLES.get(name, {})])
def test_each_recorded_body_is_sent_as_it_was(name: str) -> None:
    content = build(name).content()
    assert content is not None
    assert same(texts(json.loads(content)), texts(EXAMPLES[name]["request"]))


def texts(value: Any) -> Any:
    """Exact integers may come as numbers and are sent as strings."""
    match value:
        case dict():
            return {name: texts(part) for name, part in value.items()}
        case list():
            return [texts(part) for part in value]
        case bool() | None:
            return value
        case _:
            return str(value)


def test_both_clients_have_a_method_for_each_operation_and_say_what_it_does() -> None:
    for name in BUILDERS:
        for client in (Client, AsyncClient):
            method, function = getattr(client, name), getattr(operations, name)
            assert method.__doc__ == function.__doc__
            parameters = list(inspect.signature(method).parameters.values())
            assert parameters[1:] == list(inspect.signature(function).parameters.values())
    assert public(Client) == public(AsyncClient)


def public(client: type) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")}


def test_each_code_has_an_exception() -> None:
    codes = {kind.code for kind in problem_kinds()}
    documented = {
        code
        for _, _, operation in operations_of(DOCUMENT)
        for answer in operation["responses"].values()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert documented <= codes == problems.BY_CODE.keys()
    assert all(issubclass(problem, Refused) for problem in problems.BY_CODE.values())


def test_what_a_newer_service_adds_to_an_answer_is_passed_over() -> None:
    amount = models.TokenAmount.model_validate_json('{"base_units": "1", "token": "USDC", "decimals": 6, "new": {}}')
    assert amount == models.TokenAmount(base_units=1, token="USDC", decimals=6)


def test_a_value_that_an_enumeration_has_got_since_is_borne_and_written_again() -> None:
    recorded = EXAMPLES["get_line"]["200"] | {"status": "status of tomorrow"}
    line = operations.get_line(1).read(json.dumps(recorded).encode())
    assert line.model_dump()["status"] == "status of tomorrow"
    assert '"status":"status of tomorrow"' in line.model_dump_json()
    with pytest.raises(Unreadable, match="status"):
        operations.get_line(1).read(json.dumps(recorded | {"status": 1}).encode())


def test_a_misspelt_name_in_what_is_sent_is_an_error() -> None:
    with pytest.raises(ValidationError, match="lineid"):
        models.Close.model_validate({"from": "0x" + "11" * 20, "line_id": 1, "lineid": 2})


def test_amounts_are_exact_and_never_floats() -> None:
    wide = 2**256 - 1
    sent = models.Repay(from_="0x" + "11" * 20, line_id=1, amount=wide).model_dump_json(by_alias=True)
    assert f'"amount":"{wide}"' in sent
    for wrong in (1.0, "1.0", "1e3", " 1", True):
        with pytest.raises(ValidationError):
            models.TokenAmount.model_validate({"base_units": wrong, "token": "USDC", "decimals": 6})


def test_no_amount_of_the_document_is_left_as_text() -> None:
    assert is_exact({"type": "string", "pattern": "^(0|[1-9][0-9]{0,77})$"})
    assert is_exact({"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"})
    assert is_exact({"anyOf": [{"type": "string", "pattern": "^(0|-?[1-9][0-9]{0,77})$"}, {"type": "integer"}]})
    assert not is_exact({"type": "integer"})
    assert "[1-9]" not in json.dumps(model_document(DOCUMENT))


def test_a_path_holds_whatever_is_put_into_it() -> None:
    assert operations.get_feed("../lines?x#y").path == "/v1/feeds/..%2Flines%3Fx%23y"
    assert Path(operations.get_line(7).path).name == "7"
