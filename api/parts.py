"""What the API is built from. The entry point makes the parts and closes them; endpoints get them as dependencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from api.nodes import Nodes
from api.tokens import Tokens
from orchestrator.chain.book import AddressBook
from orchestrator.delivery.public_network import Network
from orchestrator.delivery.signing import WebhookSecrets


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a request may wait, and from when on the service is not ready.

    Attributes:
        min_block_wait_s: how long a read waits for the block it asks for.
        max_lag_blocks: mirrored blocks behind the chain's head.
        min_signer_balance_wei: below it a signer cannot be trusted to get its next transactions mined.
        check_timeout_s: how long one readiness check may take.
        requests_per_minute: of one client, counted over all web processes.
    """

    min_block_wait_s: float = 5.0
    max_lag_blocks: int = 10
    min_signer_balance_wei: int = 10**16
    check_timeout_s: float = 2.0
    requests_per_minute: int = 1_200


@dataclass(frozen=True, slots=True)
class Site:
    """Where people find this service with a browser. ``origin``: scheme, host and port, as browsers send it."""

    origin: str

    @property
    def domain(self) -> str:
        """Host and port."""
        return self.origin.partition("://")[2]

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What webhooks need. Without ``secrets`` there are none; ``private_networks`` may be sent to as if public."""

    secrets: WebhookSecrets | None = None
    private_networks: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """``reads`` is of the same database as ``engine``: for what is asked most."""

    book: AddressBook
    engine: AsyncEngine
    reads: AsyncConnectionPool
    nodes: Nodes
    redis: Redis
    site: Site
    bounds: Bounds = Bounds()
    webhooks: Webhooks = Webhooks()
    tokens: Tokens = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", Tokens(self.book))

    @property
    def chain_id(self) -> int:
        return self.book.chain_id


async def parts(request: Request) -> Parts:
    """Asynchronous, as every dependency here: FastAPI would send a plain function to a thread, for each request."""
    found: Parts = request.app.state.parts
    return found


PartsDep = Annotated[Parts, Depends(parts)]
