"""List the keys that sign, retire one of them, and take that back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from eth_utils.address import to_checksum_address
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.rotation import Standing, activate_signer, retire_signer, standings
from scripts.cli._api import AsJson, Body, show
from scripts.cli._control import steer

app = typer.Typer(no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="the key's address")]


@app.command("list")
def list_signers(as_json: AsJson = False) -> None:
    """List the keys that a sender of this chain has or had: who signs what is new, who stands by, who is retired.

    A key is added by naming it in COVENANT_MORE_KEYSTORES or COVENANT_MORE_SIGNERS of the sender.
    """
    show({"signers": [_body(one) for one in steer(standings)]}, as_json, _write)


@app.command()
def retire(address: Address, as_json: AsJson = False) -> None:
    """Give a key no new nonce; the next that is loaded signs what is new.

    When this returns, nothing new is being signed with it. What it has signed is seen through, for as long as the
    sender has it loaded: unload it when `covenant signers list` says that nothing of it is in flight.
    """
    _change(retire_signer, address, as_json)


@app.command()
def activate(address: Address, as_json: AsJson = False) -> None:
    """Take a retirement back: the key may sign again, in its place."""
    _change(activate_signer, address, as_json)


def _change(change: Callable[[AsyncSession, int, str], Awaitable[None]], address: str, as_json: bool) -> None:
    async def work(session: AsyncSession, chain_id: int) -> Any:
        await change(session, chain_id, address.lower())
        return await standings(session, chain_id)

    show({"signers": [_body(one) for one in steer(work)]}, as_json, _write)


def _body(one: Standing) -> Body:
    return {
        "address": to_checksum_address(one.address),
        "duty": one.duty.value,
        "loaded": one.loaded,
        "in_flight": one.in_flight,
        "next_nonce": one.next_nonce,
        "retired_at": one.retired_at and one.retired_at.isoformat(),
        "budget_spent_until": one.spent_until and one.spent_until.isoformat(),
    }


def _write(console: Console, body: Body) -> None:
    if not body["signers"]:
        console.print("no sender of this chain has run yet")
    for one in body["signers"]:
        console.print(f"{one['address']}  {_in_words(one)}")


def _in_words(one: Body) -> str:
    words = [one["duty"], f"{one['in_flight']} in flight"]
    if one["duty"] == "retired" and one["loaded"]:
        words.append("may be unloaded" if one["in_flight"] == 0 else "must stay loaded")
    if one["next_nonce"] is not None:
        words.append(f"next nonce {one['next_nonce']}")
    if one["budget_spent_until"]:
        words.append(f"[red]budget spent until {one['budget_spent_until']}[/red]")
    return ", ".join(words)
