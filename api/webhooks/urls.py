"""Which URLs events may be sent to. Where a name leads is judged again at each delivery: it can change."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from api.parts import Webhooks
from api.problems import Problem
from api.webhooks.problems import UNUSABLE_URL
from orchestrator.delivery.public_network import is_public


def check_url(url: str, webhooks: Webhooks) -> None:
    """Raises Problem for a URL that could never be delivered to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        url.encode("ascii")
    except ValueError:
        raise Problem(UNUSABLE_URL, "it is no URL, or not in ASCII") from None
    if not host or any(char.isspace() or not char.isprintable() for char in url):
        raise Problem(UNUSABLE_URL, "it names no host")
    if parts.username is not None or parts.password is not None:
        raise Problem(UNUSABLE_URL, "user and password would be stored readable")
    if parts.scheme != "https" and not (parts.scheme == "http" and webhooks.private_networks):
        raise Problem(UNUSABLE_URL, "only https is used")
    if port == 0:
        raise Problem(UNUSABLE_URL, "port 0 is none")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(address) and not any(address in network for network in webhooks.private_networks):
        raise Problem(UNUSABLE_URL, f"{host} is not on the public internet")
