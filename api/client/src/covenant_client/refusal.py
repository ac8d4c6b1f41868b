"""From the problem details of a response to an exception."""

from __future__ import annotations

import httpx
from pydantic import ValidationError

from covenant_client.errors import ClientError, InvalidField, Refused, Unreadable
from covenant_client.models import ProblemBody
from covenant_client.problems import BY_CODE


def refusal_of(response: httpx.Response) -> ClientError:
    """The class of its code, `Refused` for a code that is newer than this client, `Unreadable` if it is no problem."""
    request_id = response.headers.get("X-Request-Id")
    try:
        problem = ProblemBody.model_validate_json(response.content)
    except ValidationError:
        named = f" [request {request_id}]" if request_id else ""
        return Unreadable(
            f"{response.request.url.path} was answered with {response.status_code}, not by the API{named}"
        )
    return BY_CODE.get(problem.code, Refused)(
        code=problem.code,
        status=problem.status,
        title=problem.title,
        detail=problem.detail,
        hint=problem.hint,
        errors=[InvalidField(one.at, one.message) for one in problem.errors or ()],
        request_id=request_id,
    )
