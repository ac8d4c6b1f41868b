"""The servers that the environment gives: do they answer, and are they fit for this version?"""

from collections.abc import Mapping, Sequence

from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.schema import head, require_current_schema
from orchestrator.db.session import open_engine
from orchestrator.errors import CovenantError
from orchestrator.settings import redact_url
from scripts.doctor.diagnosis import Area, Diagnosis
from scripts.local.given import check_redis as require_redis

SERVERS = Area("servers")

# Providers may be a block or two apart; this far apart, one of them is not following.
MAX_HEADS_APART = 10


async def check_database(url: str) -> Diagnosis:
    """``url`` in SQLAlchemy's form."""
    engine = open_engine(url, process="doctor", pool_size=1)
    try:
        await require_current_schema(engine)
    except CovenantError as error:
        return SERVERS.failed("PostgreSQL", error)
    finally:
        await engine.dispose()
    return SERVERS.ok("PostgreSQL", f"answers at {redact_url(url)}, schema at {head()}")


async def check_redis(url: str) -> Diagnosis:
    try:
        await require_redis(url)
    except CovenantError as error:
        return SERVERS.failed("Redis", error)
    return SERVERS.ok("Redis", f"answers at {redact_url(url)}")


async def check_provider(rpc: JsonRpc, subject: str, chain_id: int | None) -> tuple[Diagnosis, int | None]:
    """Whether a provider answers for the right chain, and the number of its newest block if it does."""
    try:
        chain, head_number = await rpc.batch([("eth_chainId", ()), ("eth_blockNumber", ())])
        found, number = integer(chain), integer(head_number)
    except RpcError as error:
        return SERVERS.failed(subject, error), None
    except ValueError:
        remedy = "check what stands at RPC_URL"
        return SERVERS.fail(subject, f"{rpc.provider} does not answer like a node", remedy), None
    if chain_id is not None and found != chain_id:
        wrong = f"{rpc.provider} serves chain {found}, but COVENANT_CHAIN_ID is {chain_id}"
        return SERVERS.fail(subject, wrong, "correct RPC_URL or COVENANT_CHAIN_ID"), None
    return SERVERS.ok(subject, f"{rpc.provider} serves chain {found}, block {number:,}"), number


async def check_providers(
    providers: Sequence[JsonRpc], chain_id: int | None
) -> tuple[list[Diagnosis], Sequence[JsonRpc]]:
    """All providers of RPC_URL, and those of them that can be used."""
    diagnoses: list[Diagnosis] = []
    heads: dict[JsonRpc, int] = {}
    for number, rpc in enumerate(providers, start=1):
        subject = "RPC" if len(providers) == 1 else f"RPC {number}"
        diagnosis, head_number = await check_provider(rpc, subject, chain_id)
        diagnoses.append(diagnosis)
        if head_number is not None:
            heads[rpc] = head_number
    return [*diagnoses, *check_lag(heads)], list(heads)


def check_lag(heads: Mapping[JsonRpc, int]) -> list[Diagnosis]:
    """Providers that are far behind the most advanced one."""
    newest = max(heads.values(), default=0)
    return [
        SERVERS.warn(
            rpc.provider, f"{newest - number:,} blocks behind the other providers", "wait for it, or replace it"
        )
        for rpc, number in heads.items()
        if newest - number > MAX_HEADS_APART
    ]
