"""Take a transaction back: at once if it is not signed yet, else by an empty one with its nonce."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.requests import Cancelled, request_cancellation
from scripts.cli._api import AsJson, Body, show
from scripts.cli._control import steer

app = typer.Typer()


@app.command()
def cancel(
    transaction: Annotated[uuid.UUID, typer.Argument(help="the transaction's id")], as_json: AsJson = False
) -> None:
    """Take a transaction back: at once if it is not signed yet, else by an empty one with its nonce.

    What it was for is not sent again until `covenant retry`.
    """

    async def request(session: AsyncSession, _: int) -> Cancelled:
        return await request_cancellation(session, transaction)

    show({"id": str(transaction), "cancelled": steer(request).value}, as_json, _write)


def _write(console: Console, body: Body) -> None:
    if body["cancelled"] == Cancelled.AT_ONCE.value:
        console.print("cancelled: it was not signed yet")
    else:
        console.print("the sender replaces it by an empty transaction; whichever is mined first counts")
