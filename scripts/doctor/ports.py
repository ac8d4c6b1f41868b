"""The port of the API: free to listen on, or taken by the API itself."""

import errno
import socket
from contextlib import closing

import httpx

from api.openapi import TITLE
from scripts.doctor.diagnosis import Area, Diagnosis

PORTS = Area("ports")

TIMEOUT_S = 2.0


async def check_api_port(host: str, port: int) -> Diagnosis:
    """``port`` 0 means any free one."""
    subject = f"API {host}:{port}"
    if port == 0:
        return PORTS.ok(subject, "any free port")
    refused = try_to_listen(host, port)
    if refused is None:
        return PORTS.ok(subject, "free")
    if refused.errno != errno.EADDRINUSE:
        found = f"cannot be listened on: {refused.strerror}"
        return PORTS.fail(subject, found, "correct COVENANT_API_HOST and COVENANT_API_PORT")
    if await is_covenant(f"http://{host}:{port}"):
        return PORTS.ok(subject, "the API of Covenant answers there")
    return PORTS.fail(subject, "taken by another program", "stop that one, or set COVENANT_API_PORT to another port")


def try_to_listen(host: str, port: int) -> OSError | None:
    """The error of listening there, None when it works; nothing listens afterwards."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as listener:
            # A port whose last user has just gone is free, as it is for the API.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as error:
        return error
    return None


async def is_covenant(origin: str) -> bool:
    """Whether what answers there describes itself as this API."""
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            description = (await client.get(f"{origin}/openapi.json")).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(description, dict) and description.get("info", {}).get("title") == TITLE
