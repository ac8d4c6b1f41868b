"""What goes wrong between a program and the service. Nothing of it holds a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ClientError(Exception):
    """Everything that this package raises by itself."""


class Unreachable(ClientError):
    """No answer came, for as often as was tried."""


class Unreadable(ClientError):
    """An answer came that is none of the API's: of a proxy, or of a service that this client does not know."""


class NotAuthentic(ClientError):
    """A message did not come from the webhook that it claims to be of, or not now."""


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One value of a request that was refused, and where it is: `body.amount`."""

    at: str
    message: str


class Refused(ClientError):
    """The service refused, and says why. Each stable code has a class of its own in `covenant_client.problems`."""

    def __init__(
        self,
        *,
        code: str,
        status: int,
        title: str,
        detail: str,
        hint: str,
        errors: Sequence[InvalidField] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"{code} ({status}): {detail} — {hint}" + (f" [request {request_id}]" if request_id else ""))
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.hint = hint
        self.errors = tuple(errors)
        self.request_id = request_id
