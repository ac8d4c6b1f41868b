"""Turns what goes wrong in a request into problem details, without a word about our insides.

What nobody expected is caught further out, by ``access_log``, which also logs it.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

import psycopg
import psycopg_pool
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.problems import (
    BODY_TOO_LARGE,
    CHAIN_UNAVAILABLE,
    DATABASE_UNAVAILABLE,
    INTERNAL,
    INVALID_REQUEST,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    InvalidField,
    Problem,
)
from orchestrator.chain.rpc import RpcError

log = logging.getLogger(__name__)

_MAX_ERRORS: Final = 20
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_RETRY: Final = {"Retry-After": "2"}
_UNAVAILABLE: Final = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RpcError, _on_rpc_error)
    for unavailable in _UNAVAILABLE:
        app.add_exception_handler(unavailable, _on_database_error)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.url.path)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        problem = Problem(MALFORMED_JSON, "the body could not be read as JSON")
    else:
        errors = [_invalid_field(fault) for fault in faults[:_MAX_ERRORS]]
        problem = Problem(INVALID_REQUEST, "; ".join(f"{e.at} {e.message}" for e in errors[:3]), errors=errors)
    return problem.response(request.url.path)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework refuses before an endpoint is found or called."""
    assert isinstance(error, HTTPException)
    path, method = request.url.path, request.method
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            problem = Problem(NOT_FOUND, f"{path} does not exist")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allow = {"Allow": ", ".join(_methods_of_path(request))}
            problem = Problem(METHOD_NOT_ALLOWED, f"{path} cannot be asked with {method}", headers=allow)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            problem = Problem(BODY_TOO_LARGE, "the body is larger than this API reads")
        case HTTPStatus.BAD_REQUEST:
            problem = Problem(MALFORMED_JSON, "the body could not be read as JSON")
        case _:
            log.error("the framework raised an undocumented status", extra={"status": error.status_code})
            problem = Problem(INTERNAL, "the request could not be answered")
    return problem.response(path)


def _methods_of_path(request: Request) -> list[str]:
    """All of them: the exception names only those of the first route that has the path."""
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


async def _on_rpc_error(request: Request, error: Exception) -> Response:
    log.warning("a request needed the chain's node", extra={"path": request.url.path, "error": str(error)})
    return Problem(CHAIN_UNAVAILABLE, "the chain's node gave no answer", headers=_RETRY).response(request.url.path)


async def _on_database_error(request: Request, error: Exception) -> Response:
    log.warning("a request needed the database", extra={"path": request.url.path, "error": type(error).__name__})
    return Problem(DATABASE_UNAVAILABLE, "the database gave no answer", headers=_RETRY).response(request.url.path)


def _invalid_field(fault: dict[str, Any]) -> InvalidField:
    """The place and the reason; never the value, which may be a secret that was sent to the wrong place."""
    message = str(fault["msg"]).removeprefix("Value error, ")
    return InvalidField(at=".".join(str(part) for part in fault["loc"]), message=message[:1].lower() + message[1:])
