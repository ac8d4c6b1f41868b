"""Server-sent events: frames out of bytes, and where to go on when a stream breaks off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import ValidationError

from covenant_client.errors import Unreadable
from covenant_client.models import Event
from covenant_client.request import Request
from covenant_client.retry import Patience, Retry

SILENCE_S: Final = 45.0
"""The service says something every 15 s: a stream that is silent for so long is broken."""

_MOST_BYTES: Final = 1 << 20
_BLOCK: Final = "block"


@dataclass(frozen=True, slots=True)
class Frame:
    """``id`` is None when the frame has none; ``data`` is empty when it only moves the position."""

    event: str
    id: str | None
    data: str


class FrameReader:
    """Takes bytes as they come. Lines end with LF or CRLF, and only with these: JSON may hold what else ends lines."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that ``chunk`` completes. Raises Unreadable for one that does not end."""
        *whole, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._rest) > _MOST_BYTES:
            raise Unreadable(f"a frame of the stream is longer than {_MOST_BYTES} bytes")
        for lines in whole:
            yield _frame(lines.decode(errors="replace"))


class Following:
    """One subscription through as many connections as it takes. Both clients drive it, as they do an `Exchange`."""

    def __init__(self, after: int | None, line_id: int | None, kind: Sequence[str] | None, retry: Retry) -> None:
        query = {"after": after, "line_id": line_id, "kind": kind}
        self._request: Request[None] = Request("GET", "/v1/events/stream", None, (200,), query)
        self._patience = Patience(retry, repeatable=True)
        self._reader = FrameReader()
        self._last_id: str | None = None
        self._greeted = False

    @property
    def pause_s(self) -> float:
        return self._patience.pause_s

    def outgoing(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """What opens the next connection, where the last one broke off."""
        headers = {"Accept": "text/event-stream"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        usual = http.timeout
        timeout = httpx.Timeout(connect=usual.connect, read=SILENCE_S, write=usual.write, pool=usual.pool)
        return http.build_request(
            "GET", self._request.path, params=self._request.parameters(), headers=headers, timeout=timeout
        )

    def opened(self, response: httpx.Response) -> bool:
        """Whether events will come out of ``response``; if not, it is to be `refused`."""
        self._reader, self._greeted = FrameReader(), False
        return response.status_code in self._request.statuses

    def refused(self, response: httpx.Response) -> None:
        """Raises Refused or Unreadable, unless it is worth another attempt."""
        self._patience.refused(response)

    def read(self, chunk: bytes) -> Iterator[Event]:
        """The events that ``chunk`` completes, each once. Raises Unreadable."""
        for frame in self._reader.read(chunk):
            if self._greeted:  # a service that greets and hangs up, again and again, is not well
                self._patience.renew()
            self._greeted = True
            self._last_id = frame.id or self._last_id
            if frame.data and frame.event != _BLOCK:
                yield _event(frame)

    def lost(self, error: httpx.RequestError) -> None:
        """The connection broke, or there was none. Raises Unreachable after too many in a row."""
        self._patience.lost(error)

    def ended(self) -> None:
        """The service ended the stream, as it does when it stops or when it is read too slowly."""
        self._patience.lost(httpx.RemoteProtocolError("the service ended the stream"))


def _event(frame: Frame) -> Event:
    try:
        return Event.model_validate_json(frame.data)
    except ValidationError:
        raise Unreadable(f"the stream told of a {frame.event!r} that is no event") from None


def _frame(text: str) -> Frame:
    event, identity, data = "", None, []
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                event = value
            case "id":
                identity = value
            case "data":
                data.append(value)
    return Frame(event, identity, "\n".join(data))
