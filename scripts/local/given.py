"""The servers that the environment gives instead of embedded ones: is there anybody, before anything is started?"""

import httpx
import psycopg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from orchestrator.errors import CovenantError
from orchestrator.settings import redact_url

TIMEOUT_S = 5.0


async def check_database(url: str) -> None:
    """Raises CovenantError unless a PostgreSQL server takes the connection. `url` is SQLAlchemy's."""
    conninfo = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        async with await psycopg.AsyncConnection.connect(conninfo, connect_timeout=round(TIMEOUT_S)):
            return
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
    raise CovenantError(
        f"DATABASE_URL: no connection to PostgreSQL at {redact_url(url)}: {reason}",
        "start that server or correct the URL; leave the variable unset for an embedded PostgreSQL",
    )


async def check_redis(url: str) -> None:
    """Raises CovenantError unless a Redis server answers."""
    try:
        async with Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as client:
            await client.ping()
            return
    except (RedisError, OSError) as error:
        reason = str(error)
    raise CovenantError(
        f"REDIS_URL: no answer from Redis at {redact_url(url)}: {reason}",
        "start that server or correct the URL; leave the variable unset for an embedded Redis",
    )


async def check_rpc(url: str) -> None:
    """Raises CovenantError unless a node answers `eth_chainId`."""
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = (await client.post(url, json=question)).raise_for_status().json()
        if isinstance(answer, dict) and isinstance(answer.get("result"), str):
            return
        reason = "the answer is not one of a JSON-RPC node"
    except httpx.HTTPStatusError as error:
        reason = f"HTTP {error.response.status_code}"
    except (httpx.HTTPError, ValueError) as error:
        reason = str(error) or type(error).__name__
    raise CovenantError(
        f"RPC_URL: no answer from {redact_url(url)}: {reason}",
        "start that node or correct the URL; leave the variable unset for an embedded chain",
    )
