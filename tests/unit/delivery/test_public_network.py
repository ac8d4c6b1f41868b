"""Which addresses are public, and that the one that was judged is the one that is connected to."""

import asyncio
import ipaddress
import socket
from typing import Any

import httpcore
import pytest

from orchestrator.delivery.public_network import NotPublic, PublicNetwork, is_public

PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def resolving_to(*addresses: str) -> Any:
    """A resolver that gives another answer each time it is asked."""
    answers = iter(addresses)

    async def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    return getaddrinfo


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = []

    async def connect_tcp(self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving_to("8.8.8.8", "127.0.0.1"))
    network = PublicNetwork()
    await network.connect_tcp("rebound.test", 443, timeout=1)
    with pytest.raises(NotPublic):
        await network.connect_tcp("rebound.test", 443, timeout=1)
    assert connected == ["8.8.8.8"]


async def test_a_name_without_an_address_is_a_connection_that_failed() -> None:
    with pytest.raises(httpcore.ConnectError):
        await PublicNetwork().connect_tcp("nowhere.invalid", 443, timeout=5)
