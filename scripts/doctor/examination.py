"""All checks in order. What one of them finds decides which of the others make sense."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from orchestrator.chain.book import AddressBook
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine
from orchestrator.settings import Settings
from scripts.doctor.clock import check_clock
from scripts.doctor.deployment import (
    DEPLOYMENT,
    check_book,
    check_code,
    check_guardian,
    check_oracle,
    check_wiring,
)
from scripts.doctor.diagnosis import Diagnosis, Grade
from scripts.doctor.environment import check_chain_settings, check_servers, check_spelling
from scripts.doctor.local_stack import check_state_dir
from scripts.doctor.machine import BINARIES, check_binary, check_embedded, check_node, check_python, check_solc
from scripts.doctor.mirror import MIRROR, check_mirror
from scripts.doctor.ports import check_api_port
from scripts.doctor.servers import check_database, check_providers, check_redis
from scripts.doctor.signer import SIGNER, check_key, check_purse

# A doctor that waits long for what is dead is no help.
RPC_TIMEOUT_S = 5.0


def examine_machine(home: Path, settings: Settings | None) -> list[Diagnosis]:
    """The machine. An embedded chain needs anvil; a given one needs no toolchain at all."""
    embedded_chain = settings is None or settings.rpc_url is None
    return [
        check_python(sys.version_info[:3]),
        check_node(),
        *(check_binary(home, name, needed=embedded_chain and name == "anvil") for name in BINARIES),
        check_solc(home),
        *check_embedded(
            database=settings is None or settings.database_url is None,
            redis=settings is None or settings.redis_url is None,
        ),
    ]


def examine_settings(settings: Settings, environment: Mapping[str, str]) -> list[Diagnosis]:
    return [*check_servers(settings), *check_chain_settings(settings), *check_spelling(environment)]


async def examine_surroundings(settings: Settings, now_s: float) -> list[Diagnosis]:
    """Servers, clock, deployment, signer, mirror and ports. ``now_s`` is the wall clock, in seconds since 1970."""
    diagnoses: list[Diagnosis] = []
    database_works = False
    if settings.database_url is not None:
        database = await check_database(settings.require_database_url())
        database_works = database.grade is Grade.OK
        diagnoses.append(database)
    if settings.redis_url is not None:
        diagnoses.append(await check_redis(settings.require_redis_url()))
    async with AsyncExitStack() as stack:
        providers = [JsonRpc(url, RPC_TIMEOUT_S) for url in given_providers(settings)]
        for provider in providers:
            stack.push_async_callback(provider.aclose)
        found, usable = await check_providers(providers, settings.covenant_chain_id)
        diagnoses += found
        if providers:
            diagnoses += await examine_chain(settings, usable, now_s)
        if settings.database_url is not None and settings.covenant_chain_id is not None:
            diagnoses += await examine_mirror(settings, usable, settings.covenant_chain_id, database_works)
    if not providers:
        diagnoses.append(check_state_dir(settings.covenant_state_dir))
    diagnoses.append(await check_api_port(settings.covenant_api_host, settings.covenant_api_port))
    return diagnoses


def given_providers(settings: Settings) -> Sequence[str]:
    return () if settings.rpc_url is None else settings.require_rpc_urls()


async def examine_chain(settings: Settings, usable: Sequence[JsonRpc], now_s: float) -> list[Diagnosis]:
    """What can be learned from the first provider that can be used, and from the files that speak of its chain."""
    diagnoses: list[Diagnosis] = []
    rpc = usable[0] if usable else None
    if rpc is not None and settings.covenant_chain_id is not None:
        diagnoses.append(await check_clock(rpc, settings.covenant_chain_id, now_s))
    if settings.covenant_book is not None:
        about_book, book = check_book(settings.covenant_book, settings.covenant_chain_id)
        diagnoses.append(about_book)
        if book is not None:
            diagnoses += await examine_deployment(rpc, book)
    if settings.covenant_keystore is not None and settings.covenant_keystore_password_file is not None:
        about_key, address = await check_key(settings.covenant_keystore, settings.covenant_keystore_password_file)
        diagnoses += about_key
        if address is not None and rpc is not None:
            diagnoses.append(await check_purse(rpc, address, settings.covenant_max_fee_per_gas_wei))
        elif address is not None:
            diagnoses.append(SIGNER.skipped("balance", "a provider that answers"))
    return diagnoses


async def examine_deployment(rpc: JsonRpc | None, book: AddressBook) -> list[Diagnosis]:
    """The contracts of the book. Nothing is asked of code that is missing or not ours."""
    if rpc is None:
        return [DEPLOYMENT.skipped("code, wiring and oracles", "a provider that answers")]
    code = await check_code(rpc, book)
    if any(diagnosis.grade is Grade.FAIL for diagnosis in code):
        return [*code, DEPLOYMENT.skipped("wiring and oracles", "the right code in every place")]
    oracles = [await check_oracle(rpc, market) for market in book.markets]
    return [*code, *await check_wiring(rpc, book), *oracles, await check_guardian(rpc, book)]


async def examine_mirror(
    settings: Settings, usable: Sequence[JsonRpc], chain_id: int, database_works: bool
) -> list[Diagnosis]:
    if not database_works:
        return [MIRROR.skipped("cursor", "a database at the right schema")]
    engine = open_engine(settings.require_database_url(), process="doctor", pool_size=1)
    try:
        return await check_mirror(engine, usable[0] if usable else None, chain_id)
    finally:
        await engine.dispose()
