"""Run the whole stack until Ctrl-C, on embedded PostgreSQL, Redis and chain where no servers are given."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from orchestrator.db.migrate import upgrade
from orchestrator.errors import CovenantError
from orchestrator.settings import Settings, load_settings
from scripts.doctor.ports import try_to_listen
from scripts.local.accounts import Role
from scripts.local.bootstrap import bootstrap
from scripts.local.ground import Given, Ground
from scripts.local.operator_key import make_operator_key
from scripts.local.output import Output
from scripts.local.processes import MARKET, SERVICES
from scripts.local.roles import in_their_roles
from scripts.local.stack import run_stack
from scripts.local.state import StateDir, open_state
from scripts.local.webhook_key import make_webhook_key

app = typer.Typer()


@app.command()
def main(
    market: Annotated[
        bool, typer.Option("--market/--no-market", help="on an embedded chain, a simulated market moves the price")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON lines, those of the processes unchanged")] = False,
) -> None:
    """Runs the whole stack until Ctrl-C.

    DATABASE_URL, REDIS_URL and RPC_URL name servers to use; each that is not set is embedded, and its data is kept in
    COVENANT_STATE_DIR. On an embedded chain the contracts are deployed and a simulated market moves the price, unless
    `--no-market` leaves that to `covenant replay`. Nothing is left running afterwards.
    """
    settings = load_settings()
    _require_deployment_of_given_chain(settings)
    api_port = _free_port(settings.covenant_api_host, settings.covenant_api_port)
    output = Output(sys.stdout, as_json=as_json)
    with open_state(settings.covenant_state_dir) as state:
        asyncio.run(_run(settings, api_port, state, output, market=market))


async def _run(settings: Settings, api_port: int, state: StateDir, output: Output, *, market: bool) -> None:
    async def prepare(ground: Ground) -> Mapping[str, str]:
        env = await _prepare_embedded_chain(ground.rpc_url, state.path, output) if ground.chain_is_embedded else {}
        if settings.covenant_webhook_key_file is None:
            env["COVENANT_WEBHOOK_KEY_FILE"] = str(make_webhook_key(state.path))
        if ground.database_is_embedded:
            env["COVENANT_API_KEY"] = await make_operator_key(ground.database_url)
        return {**env, "COVENANT_API_PORT": str(api_port)}

    address = f"http://{settings.covenant_api_host}:{api_port}"
    await run_stack(
        Given(_secret(settings.database_url), _secret(settings.redis_url), _secret(settings.rpc_url)),
        (*SERVICES, MARKET) if market and not settings.rpc_url else SERVICES,
        migrate=upgrade,
        prepare=prepare,
        limit=in_their_roles,
        state=state,
        output=output,
        running=f"the console is at {address}/console, the API described at {address}/docs; Ctrl-C stops everything",
    )


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


async def _prepare_embedded_chain(rpc_url: str, state_dir: Path, output: Output) -> dict[str, str]:
    """Deploys, and returns what the processes need to know of it."""
    deployment = await bootstrap(rpc_url, state_dir, announce=output.say)
    return {
        "COVENANT_CHAIN_ID": str(deployment.book.chain_id),
        "COVENANT_BOOK": str(deployment.book_path),
        "COVENANT_KEYSTORE": str(deployment.accounts.keystore(Role.KEEPER)),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(deployment.accounts.password_file),
        "COVENANT_STATE_DIR": str(state_dir),
    }


def _require_deployment_of_given_chain(settings: Settings) -> None:
    """On a chain that is not ours, what stands there and who pays must be known before anything starts."""
    if settings.rpc_url is not None:
        settings.require_chain_id()
        settings.require_book()
        settings.require_keystore()
        settings.require_keystore_password_file()


def _free_port(host: str, port: int) -> int:
    """The port itself if it can be listened on; for 0, any that can."""
    refused = try_to_listen(host, port)
    if refused is None:
        return port or _any_port(host)
    if refused.errno == errno.EADDRINUSE:
        raise CovenantError(
            f"port {port} of {host} is in use", "stop what listens there, or set COVENANT_API_PORT to another port"
        )
    raise CovenantError(
        f"{host}:{port} cannot be listened on: {refused.strerror}", "correct COVENANT_API_HOST and COVENANT_API_PORT"
    )


def _any_port(host: str) -> int:
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])
