"""Make API keys for programs, list them, revoke them."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from api.api_keys.schemas import MAX_DAYS
from api.api_keys.service import api_key_of, create_key
from api.identity.repository import IdentityRepository
from api.identity.scopes import Scope, scopes_of
from orchestrator.errors import CovenantError
from scripts.cli._api import AsJson, Body, instant, show
from scripts.cli._identity import account_known_as, in_database

app = typer.Typer(no_args_is_help=True)

Of = Annotated[str, typer.Option("--account", help="a wallet's address, or the name of an account")]


class ScopeNotHeld(CovenantError):
    """An account cannot give what it has not."""


class UnknownKey(CovenantError):
    """The account has no such key."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(min=1, help="what the key is for")],
    account: Of,
    scopes: Annotated[list[Scope], typer.Option("--scope", help="what it may do; several times for several")],
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="until it expires")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, once. Nobody can show it again."""

    async def make(session: AsyncSession) -> Body:
        owner = await account_known_as(session, account)
        missing = sorted(set(scopes) - scopes_of(owner.roles))
        if missing:
            raise ScopeNotHeld(
                f"{account} may not do {', '.join(missing)}",
                f"grant it a role first: covenant accounts grant {account}",
            )
        created = await create_key(session, owner.id, name, scopes, days)
        return created.model_dump(mode="json")

    show(in_database(make), as_json, lambda console, body: console.print(body["key"], markup=False))


@app.command("list")
def list_keys(account: Of, as_json: AsJson = False) -> None:
    """List the keys of an account, the newest first."""

    async def read(session: AsyncSession) -> Body:
        owner = await account_known_as(session, account)
        rows = await IdentityRepository(session).keys_of(owner.id)
        return {"items": [api_key_of(row).model_dump(mode="json") for row in rows]}

    show(in_database(read), as_json, _write_list)


@app.command()
def revoke(key_id: uuid.UUID, account: Of, as_json: AsJson = False) -> None:
    """Revoke a key: from now on it opens nothing."""

    async def end(session: AsyncSession) -> Body:
        owner = await account_known_as(session, account)
        if not await IdentityRepository(session).revoke_key(owner.id, key_id):
            raise UnknownKey(f"{account} has no key {key_id}", "see `covenant api-keys list`")
        return {"id": str(key_id), "revoked": True}

    show(in_database(end), as_json, lambda console, body: console.print(f"{body['id']} is revoked"))


def _write_list(console: Console, body: Body) -> None:
    table = Table("key", "name", "may", "until", box=None, pad_edge=False)
    for key in body["items"]:
        until = f"revoked {instant(key['revoked_at'])}" if key["revoked_at"] else instant(key["expires_at"])
        table.add_row(key["id"], key["name"], ", ".join(key["scopes"]), until)
    console.print(table if body["items"] else "no keys")
