"""One seed: every operation is asked for this and that, then one after the other along the links of the document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from tests.api.fuzzing.served import Served

CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
AnyCase = Case[Any]
ENDLESS: Final = {"stream_events"}
TIMEOUT_S: Final = 30
EXAMPLES_A_WALK: Final = 3
"""Hypothesis begins with the simplest, and expects that what it asks twice is answered alike: our state stays, so
that a long search would break off."""


class Asking:
    """Asks one served application. Whatever it should not have answered is raised by schemathesis, with the request."""

    def __init__(
        self, served: Served, document: dict[str, Any], seed: int, *, examples: int, walks: int, steps: int
    ) -> None:
        """``document``: what it is held to; ``examples``: of each operation; ``steps``: of one walk along the links."""
        self._served = served
        self._seed = seed
        self._walks = walks
        self._headers = {"Authorization": f"Bearer {served.key}"}
        self._settings = hypothesis.settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        self._schema = schemathesis.openapi.from_dict(document)
        self._schema.config.update(base_url=served.url)
        self._failure: BaseException | None = None
        self.counts: Counter[str] = Counter()

    def ask_each(self) -> None:
        """Every operation, with what is valid and what is not."""
        with requests.Session() as session:
            for found in self._schema.get_all_operations():
                assert isinstance(found, Ok), found
                self._ask(found.ok(), session)

    def walk(self) -> None:
        """What one operation answers is what the next is asked for."""
        asking = self

        class Walk(self._schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, case: AnyCase) -> dict[str, Any]:
                return {"headers": asking._headers, "timeout": TIMEOUT_S}

            def validate_response(self, response: Response, case: AnyCase, **kwargs: Any) -> None:
                asking._judge("walked", response, case)

        settings = hypothesis.settings(self._settings, max_examples=EXAMPLES_A_WALK)
        for number in range(self._walks):
            machine: type[APIStateMachine] = hypothesis.seed(self._seed * self._walks + number)(Walk)
            self._run(partial(run_state_machine_as_test, machine, settings=settings))

    def _ask(self, operation: APIOperation[Any, Any, Any, Any], session: requests.Session) -> None:
        known = self._known(operation)
        cases = strategies.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @hypothesis.seed(self._seed)
        @self._settings
        @hypothesis.given(case=cases, there=strategies.booleans())
        def ask(case: AnyCase, there: bool) -> None:
            if there and known:
                case.path_parameters = known
            response = case.call(session=session, headers=self._headers, timeout=TIMEOUT_S)
            self._judge("asked", response, case)

        self._run(ask)

    def _judge(self, how: str, response: Response, case: AnyCase) -> None:
        self.counts[f"{how}: {response.status_code}"] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=self._headers)
        except BaseException as failure:
            self._failure = failure
            raise

    def _run(self, search: Callable[[], None]) -> None:
        """What the API did wrong counts, whether or not hypothesis sees it a second time: the state is another then."""
        self._failure = None
        try:
            search()
        except Unsatisfiable:  # nothing about an operation could be wrong
            self.counts["nothing to ask"] += 1
        except Flaky:
            if self._failure is not None:
                raise self._failure from None
            self.counts["broken off"] += 1

    def _known(self, operation: APIOperation[Any, Any, Any, Any]) -> dict[str, str]:
        """Path parameters of something that exists."""
        path = self._served.paths.get(operation.definition.raw["operationId"])
        if path is None:
            return {}
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        found = re.fullmatch(pattern, urlsplit(path).path)
        assert found is not None, (path, operation.path)
        return found.groupdict()


def document_of(url: str) -> dict[str, Any]:
    """The document, held to what it says: `default`, which allows anything, is left out."""
    document: dict[str, Any] = httpx.get(f"{url}/openapi.json", timeout=TIMEOUT_S).json()
    for path, methods in list(document["paths"].items()):
        for method, operation in list(methods.items()):
            del operation["responses"]["default"]
            if operation["operationId"] in ENDLESS:
                del document["paths"][path][method]
    return document
