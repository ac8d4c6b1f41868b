"""Is everything there that the service needs? Each check is short, bounded, and says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from typing import Final, Literal

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.health.schemas import Check, Ready
from api.parts import Parts
from api.snapshot import find_cursor, reading
from api.wire import checksum
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.schema import SchemaOutdated, require_current_schema
from orchestrator.db.session import DatabaseUnreachable
from orchestrator.transactions.rotation import Duty, signers_in_need, standings

Name = Literal["database", "redis", "mirror", "node", "signers"]

_ETHER: Final = 10**18
_HINTS: Final[dict[Name, str]] = {
    "database": "check DATABASE_URL, that the server runs, and that `covenant migrate` was run",
    "redis": "check REDIS_URL and that the server runs",
    "mirror": "check that the indexer runs, and what it logs",
    "node": "check RPC_URL and that the node runs",
    "signers": "send ether to the signer named, start the sender, or see `covenant signers list`",
}


class NotWell(Exception):
    """What a check found wrong, in one line."""


async def check_all(parts: Parts) -> Ready:
    """Everything that does not depend on another answer is asked at once."""
    timeout_s = parts.bounds.check_timeout_s
    checks = await asyncio.gather(
        _check("database", _database(parts), timeout_s),
        _check("redis", _redis(parts), timeout_s),
        _check("node", _node(parts), timeout_s),
        _check("mirror", _mirror(parts), timeout_s),
        _check("signers", _signers(parts), timeout_s),
    )
    return Ready(ready=all(check.ok for check in checks), checks=list(checks))


async def _check(name: Name, finding: Awaitable[str], timeout_s: float) -> Check:
    try:
        async with asyncio.timeout(timeout_s):
            return Check(name=name, ok=True, detail=await finding, hint=None)
    except NotWell as found:
        detail = str(found)
    except TimeoutError:
        detail = f"no answer within {timeout_s:g} s"
    except (SQLAlchemyError, OSError, DatabaseUnreachable):
        detail = "the database gives no answer"
    except (RpcError, ValueError):
        detail = "the node gives no answer"
    return Check(name=name, ok=False, detail=detail, hint=_HINTS[name])


async def _database(parts: Parts) -> str:
    try:
        await require_current_schema(parts.engine)
    except SchemaOutdated as error:
        raise NotWell(error.message) from error
    return "answers, and its schema is current"


async def _redis(parts: Parts) -> str:
    try:
        await parts.redis.ping()
    except (RedisError, OSError):
        raise NotWell("Redis cannot be reached") from None
    return "answers"


async def _node(parts: Parts) -> str:
    chain_id, head = await parts.nodes.ask(lambda rpc: rpc.batch([("eth_chainId", ()), ("eth_blockNumber", ())]))
    if integer(chain_id) != parts.chain_id:
        raise NotWell(f"the node is of chain {integer(chain_id)}, this service is for chain {parts.chain_id}")
    return f"answers, its head is block {integer(head)}"


async def _mirror(parts: Parts) -> str:
    """How far the cursor is behind the node's head, or the last it saw if the node is silent; what is final."""
    async with reading(parts) as session:
        cursor = await find_cursor(session, parts.chain_id)
    if cursor is None:
        raise NotWell("no block is mirrored yet")
    if cursor.frozen is not None:
        raise NotWell(f"frozen: {cursor.frozen}")
    try:
        head = integer(await parts.nodes.ask(_block_number))
    except RpcError:
        head = cursor.head_number
    lag = max(0, head - cursor.number)
    if lag > parts.bounds.max_lag_blocks:
        raise NotWell(
            f"block {cursor.number} is mirrored, {lag} behind the head; at most {parts.bounds.max_lag_blocks}"
        )
    return (
        f"block {cursor.number} is mirrored, {lag} behind the head; "
        f"safe up to {cursor.safe_number}, final up to {cursor.finalized_number}"
    )


async def _signers(parts: Parts) -> str:
    """Whoever may have to send must be able to pay, and to spend; before a sender first starts nobody is known."""
    async with reading(parts) as session:
        signers = await signers_in_need(session, parts.chain_id)
        standing = await standings(session, parts.chain_id)
    if not signers:
        return "no signer has sent anything yet"
    calls = [("eth_getBalance", (signer, "latest")) for signer in signers]
    balances = [integer(answer) for answer in await parts.nodes.ask(lambda rpc: rpc.batch(calls))]
    poorest = min(range(len(signers)), key=lambda i: balances[i])
    held = f"{checksum(signers[poorest])} holds {Decimal(balances[poorest]) / _ETHER:.4f} ETH"
    if balances[poorest] < parts.bounds.min_signer_balance_wei:
        least = Decimal(parts.bounds.min_signer_balance_wei) / _ETHER
        raise NotWell(f"{held}, less than {least:.4f}")
    for one in standing:
        if one.duty is Duty.ACTIVE and one.spent_until is not None:
            raise NotWell(
                f"{checksum(one.address)} has spent its gas budget until {one.spent_until:%Y-%m-%d %H:%M} UTC"
            )
    if standing and all(one.duty is not Duty.ACTIVE for one in standing):
        raise NotWell("all signers are retired, or not loaded")
    return held


async def _block_number(rpc: JsonRpc) -> str:
    return str(await rpc.call("eth_blockNumber"))
