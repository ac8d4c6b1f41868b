"""The running API answers as its OpenAPI document says, whatever it is asked. `make deep-api` asks for longer."""

import pytest
from schemathesis.openapi.checks import UndefinedStatusCode

from tests.api.fuzzing.asking import Asking, document_of
from tests.api.fuzzing.served import served
from tests.api.ground import Ground


def test_every_answer_is_documented_one_by_one_and_along_the_links(
    ground: Ground, empty_database: str, redis_url: str
) -> None:
    with served(ground, empty_database, redis_url) as api:
        asking = Asking(api, document_of(api.url), seed=7, examples=3, walks=4, steps=6)
        asking.ask_each()
        asking.walk()
    assert asking.counts["asked: 200"] > 20
    assert asking.counts["walked: 200"] > 0


def test_an_answer_that_is_not_documented_is_found(ground: Ground, empty_database: str, redis_url: str) -> None:
    with served(ground, empty_database, redis_url) as api:
        document = document_of(api.url)
        markets = document["paths"]["/v1/markets"]
        del markets["get"]["responses"]["200"]
        document["paths"] = {"/v1/markets": markets}
        with pytest.raises(BaseException) as found:
            Asking(api, document, seed=7, examples=3, walks=0, steps=1).ask_each()
    assert found.group_contains(UndefinedStatusCode)
