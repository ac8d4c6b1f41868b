"""Play real rounds onto a local chain, at any speed, from where the last run stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from oracles.replay import between, parse_instant, parse_speed
from oracles.rounds import BadRounds, Round, read_rounds
from orchestrator.chain.book import AddressBook
from orchestrator.chain.rpc import JsonRpc
from orchestrator.settings import Settings
from scripts.cli._api import Body, show
from scripts.cli._settings import settings_of_service
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.bootstrap import require_local_chain
from scripts.local.interrupts import until_interrupted
from scripts.local.people import Contracts, Person
from scripts.local.replaying import Replaying

app = typer.Typer()


@app.command()
def main(
    file: Annotated[Path, typer.Argument(help="a CSV of rounds (Chainlink's, hourly candles, or updated_at,answer)")],
    speed: Annotated[str, typer.Option(help="seconds of the past in one of ours: 3600x, or max")] = "3600x",
    first: Annotated[str | None, typer.Option("--from", help="the first instant: 2023-06-10, or seconds")] = None,
    last: Annotated[str | None, typer.Option("--to", help="the last instant")] = None,
    skip_refused: Annotated[bool, typer.Option("--skip-refused", help="leave out rows that are no rounds")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print what was played as JSON")] = False,
) -> None:
    """Plays rounds onto the feed of the stack that runs here: start it with `covenant up --no-market`.

    The chain's clock is moved along with the rounds. A run that was stopped is gone on with by the same command. A
    first price that is far from the feed's last is a jump, over which the service holds what it would send until
    `covenant resume`.
    """
    pace = parse_speed(speed)
    begin, end = (None if text is None else parse_instant(text) for text in (first, last))
    rounds = between(_read(file, skip_refused=skip_refused), begin, end)
    settings = settings_of_service()
    facts: Body = {"rounds": len(rounds), "played": 0}
    if asyncio.run(_until_interrupted(settings, rounds, pace, facts, quiet=as_json)):
        raise typer.Exit(130)
    show(facts, as_json, lambda console, body: console.print(f"played {body['played']} of {body['rounds']} rounds"))


def _read(file: Path, *, skip_refused: bool) -> Sequence[Round]:
    try:
        return read_rounds(file, skip_refused=skip_refused).rounds
    except BadRounds as error:
        hint = error.hint.replace("ask for refused rows to be skipped", "pass --skip-refused")
        raise BadRounds(error.message, hint) from None


async def _until_interrupted(
    settings: Settings, rounds: Sequence[Round], pace: float, facts: Body, *, quiet: bool
) -> bool:
    replaying = _replay(settings, rounds, pace, facts, quiet=quiet)
    return await until_interrupted(replaying, on_second=lambda: None)  # nothing is left that takes time


async def _replay(settings: Settings, rounds: Sequence[Round], pace: float, facts: Body, *, quiet: bool) -> None:
    book = AddressBook.load(settings.require_book())
    rpc = JsonRpc(settings.require_rpc_urls()[0])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        await require_local_chain(rpc)
        oracle = Person.of(LocalAccounts.create(settings.covenant_state_dir), Role.ORACLE, rpc, book.chain_id)
        feed = Contracts.of(book).feed
        position_file = settings.covenant_state_dir / "replay.json"
        with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
            task = progress.add_task("rounds", total=len(rounds))
            facts["played"] = await Replaying(oracle, feed, rounds, pace, position_file).run(
                lambda done: progress.update(task, completed=done)
            )
    finally:
        await rpc.aclose()
