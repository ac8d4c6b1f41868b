"""Keep the service from sending anything new, until `covenant resume`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.holds import Cause, place_hold, wait_for_signing
from scripts.cli._api import AsJson, Body, show
from scripts.cli._control import steer

app = typer.Typer()


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="why, for whoever finds it paused")] = "no reason was given",
    as_json: AsJson = False,
) -> None:
    """Keep the service from sending anything new, until `covenant resume`.

    When this returns, nothing is being signed any more. What is signed already is seen through; `covenant cancel` takes
    one of those back. The engine goes on deciding, so nothing is forgotten.
    """

    async def place(session: AsyncSession, chain_id: int) -> bool:
        await wait_for_signing(session, chain_id)
        return await place_hold(session, chain_id, Cause.OPERATOR, reason)

    show({"paused": True, "was_paused": not steer(place)}, as_json, _write)


def _write(console: Console, body: Body) -> None:
    console.print("it was paused already" if body["was_paused"] else "paused: nothing new is sent until you resume")
