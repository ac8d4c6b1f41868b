"""Deploy what deployments/NETWORK.toml declares; safe to run twice."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.chain.contracts import load_contract
from orchestrator.chain.rpc import JsonRpc
from orchestrator.settings import Settings, load_settings
from orchestrator.transactions.signers.keystore import open_keystore
from scripts.deploy.apply import OwnerCall, owner_calls
from scripts.deploy.artifacts import RELEASE, Artifacts, shown
from scripts.deploy.declaration import DECLARATIONS, Declaration
from scripts.deploy.plan import Plan
from scripts.deploy.run import Deployed, deploy, plan_deployment, refuse_another_vaults_book
from scripts.deploy.wallet import Wallet

app = typer.Typer(no_args_is_help=True)


@app.command()
def main(
    network: Annotated[str, typer.Option(help="reads deployments/NETWORK.toml; or the path of a .toml file")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be done, send nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print facts as one JSON object")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="overwrite the book of another deployment")] = False,
    deployed_block: Annotated[
        int | None, typer.Option(min=0, help="block of a vault that stands already and is in no book")
    ] = None,
) -> None:
    """Deploys what deployments/NETWORK.toml declares, checks it, and writes deployments/CHAIN_ID.book.json.

    RPC_URL names the node, COVENANT_KEYSTORE and COVENANT_KEYSTORE_PASSWORD_FILE the account that pays. What stands
    with the right code is kept, so a run that broke off is finished by the next. `make build-release` comes first.
    """
    console = Console(quiet=as_json, highlight=False)
    facts = asyncio.run(_run(network, console, dry_run=dry_run, replace=replace, deployed_block=deployed_block))
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")


async def _run(
    network: str, console: Console, *, dry_run: bool, replace: bool, deployed_block: int | None
) -> dict[str, Any]:
    settings = load_settings()
    declaration = Declaration.load(network)
    path = settings.covenant_book or DECLARATIONS / f"{declaration.chain_id}.book.json"
    rpc = JsonRpc(settings.require_rpc_urls()[0])
    try:
        plan = await plan_deployment(declaration, Artifacts(RELEASE), rpc)
        if not replace:
            refuse_another_vaults_book(plan.design, path)
        console.print(_plan_table(plan))
        if dry_run:
            _print_owner_calls(console, owner_calls(plan))
            return _facts(plan, owner_calls(plan))
        wallet = _wallet(rpc, declaration.chain_id, settings)
        deployed = await deploy(plan, wallet, path, lambda done: console.print(f"  {done}"), deployed_block)
        console.print(f"Verified. The address book is {shown(path)}.")
        _print_owner_calls(console, deployed.owner_calls)
        return _facts(plan, deployed.owner_calls, deployed)
    finally:
        await rpc.aclose()


def _wallet(rpc: JsonRpc, chain_id: int, settings: Settings) -> Wallet:
    signer = open_keystore(settings.require_keystore(), settings.require_keystore_password_file())
    explain = load_contract("CreditVault").decode_error
    return Wallet(rpc, signer, chain_id, settings.covenant_max_fee_per_gas_wei, explain)


def _plan_table(plan: Plan) -> Table:
    table = Table("contract or market", "address or id", "", title=f"chain {plan.design.declaration.chain_id}")
    missing = {contract.name for contract in plan.missing}
    for name, contract in plan.design.contracts.items():
        table.add_row(name, contract.address, "to deploy" if name in missing else "stands")
    for market in plan.markets:
        table.add_row(
            f"market {market.market.name}", str(market.id or ""), "stands" if market.id else "to create, by the owner"
        )
    return table


def _print_owner_calls(console: Console, calls: tuple[OwnerCall, ...]) -> None:
    if not calls:
        return
    console.print("Left to the owner; run this again afterwards, so that the book knows the markets:")
    for call in calls:
        console.print(f"  {call.words}\n    to   {call.to}\n    data 0x{call.data.hex()}", soft_wrap=True)


def _facts(plan: Plan, calls: tuple[OwnerCall, ...], deployed: Deployed | None = None) -> dict[str, Any]:
    missing = {contract.name for contract in plan.missing}
    return {
        "chain_id": plan.design.declaration.chain_id,
        "contracts": [
            {"name": name, "address": contract.address, "stood": name not in missing}
            for name, contract in plan.design.contracts.items()
        ],
        "markets": [
            {"name": market.market.name, "oracle": market.oracle, "stood": market.id is not None}
            for market in plan.markets
        ],
        "owner_calls": [{"to": call.to, "data": "0x" + call.data.hex(), "words": call.words} for call in calls],
        "book": str(deployed.path) if deployed else None,
        "deployed_block": deployed.book.deployed_block if deployed else None,
    }
