"""Connections to public addresses alone: the name is resolved once, judged, and that very address is connected to.

A name that resolves to a private address, or to another one the next moment (DNS rebinding), reaches nothing inside.
TLS still checks the certificate against the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Final

import httpcore

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL: Final = ipaddress.ip_network("64:ff9b:1::/48")


class NotPublic(httpcore.ConnectError):
    """The host has no public address."""


def is_public(address: IpAddress) -> bool:
    """Whether an address is on the public internet, also by the IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _NAT64_LOCAL or (inner is not None and not is_public(inner)):
            return False
        if inner is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to those of ``allowed`` networks."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises NotPublic, and httpcore's errors."""
        async with asyncio.timeout(timeout):
            address = await self._resolve(host, port)
            return await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> IpAddress:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"{host} has no address") from None
        for _, _, _, _, (text, *_) in found:
            address = ipaddress.ip_address(str(text).partition("%")[0])
            if is_public(address) or any(address in network for network in self._allowed):
                return address
        raise NotPublic(f"{host} is not on the public internet")
