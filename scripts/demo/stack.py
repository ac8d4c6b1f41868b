"""The whole stack for a while: embedded parts and a chain with our contracts, all thrown away afterwards."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from orchestrator.db.migrate import upgrade
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment, bootstrap
from scripts.local.ground import Given, open_ground
from scripts.local.output import Output
from scripts.local.people import MAX_FEE_PER_GAS_WEI
from scripts.local.processes import SERVICES, ProcessSpec
from scripts.local.roles import in_their_roles
from scripts.local.runtime import Runtime
from scripts.local.supervision import running_processes

HOST: Final = "127.0.0.1"
INDEXER_POLLS_MS: Final = 25
"""How often the indexer asks for a new block. The others are woken by what it commits."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything is, once all of it is ready."""

    deployment: LocalDeployment
    rpc_url: str
    database_url: str
    api_url: str


@asynccontextmanager
async def open_stack(
    *,
    logs: Path,
    first_answer: int,
    services: Sequence[ProcessSpec] = SERVICES,
    on_runtime: Callable[[Runtime], None] = lambda _: None,
) -> AsyncIterator[Stack]:
    """Runs `services` on a market that begins at `first_answer`; what they and the parts write goes to `logs`.

    `on_runtime` gets what can end all of it at once. Raises CovenantError when something does not come up, or ends.
    """
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "stack.log").open("w", encoding="utf-8") as log:
        output = Output(log, as_json=False)
        async with open_ground(Given(), migrate=upgrade, logs=logs, output=output) as ground:
            on_runtime(ground.runtime)
            # In the directory that the guard removes, even when this process is killed: the accounts' keys lie there.
            state = ground.runtime.directory / "state"
            deployment = await bootstrap(ground.rpc_url, state, first_answer=first_answer)
            port = _free_port()
            env = {**ground.env(), **_settings(deployment, port)}
            limited = await asyncio.to_thread(in_their_roles, _eager(services), ground)
            async with running_processes(ground.runtime, limited, env=env, logs=logs, output=output):
                yield Stack(deployment, ground.rpc_url, ground.database_url, f"http://{HOST}:{port}")


def _settings(deployment: LocalDeployment, port: int) -> dict[str, str]:
    """All of them, so that nothing of the caller's environment changes what happens."""
    return {
        "COVENANT_CHAIN_ID": str(deployment.book.chain_id),
        "COVENANT_BOOK": str(deployment.book_path),
        "COVENANT_KEYSTORE": str(deployment.accounts.keystore(Role.KEEPER)),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(deployment.accounts.password_file),
        "COVENANT_API_HOST": HOST,
        "COVENANT_API_PORT": str(port),
        "COVENANT_EVALUATE_AT": "latest",
        "COVENANT_MAX_FEE_PER_GAS_WEI": str(MAX_FEE_PER_GAS_WEI),
        "COVENANT_POLL_INTERVAL_MS": "250",
        "COVENANT_LOG_LEVEL": "info",
    }


def _eager(specs: Iterable[ProcessSpec]) -> list[ProcessSpec]:
    """The same processes; the indexer polls often, so that what is shown is the service's pace and not its naps."""
    eager = {"COVENANT_POLL_INTERVAL_MS": str(INDEXER_POLLS_MS)}
    return [replace(spec, env={**spec.env, **eager}) if spec.name == "indexer" else spec for spec in specs]


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
