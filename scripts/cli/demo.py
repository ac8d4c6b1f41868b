"""Play the life of one credit line on real parts, and check all of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.demo.playlist import DEFAULT_LIMIT, Playlist, own_rounds, rounds_of_file
from scripts.demo.run import Show
from scripts.demo.stage import WIDTH, Stage
from scripts.local.interrupts import until_interrupted

app = typer.Typer()


@app.command()
def main(
    rounds: Annotated[
        Path | None, typer.Option(help="play a CSV of rounds (Chainlink's, hourly candles, or updated_at,answer)")
    ] = None,
    first_row: Annotated[int, typer.Option("--from", min=1, help="with --rounds: the first row to play")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="with --rounds: how many rows")] = DEFAULT_LIMIT,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="with --rounds: leave out rows that are no rounds")
    ] = False,
    json_out: Annotated[Path, typer.Option(help="where the facts are written")] = Path("build/demo.json"),
    speed: Annotated[float, typer.Option(min=0, help="rounds a second at most; 0: as fast as they are settled")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="print the facts instead of the story")] = False,
) -> None:
    """Plays the life of one credit line, from the lender's signed offer to the last claim, and checks all of it.

    Everything runs on embedded parts and is thrown away. Exits with 1 if anything was not as it must be.
    """
    playlist = _playlist(rounds, first_row, limit, skip_refused=skip_refused)
    console = Console(highlight=False, quiet=as_json)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    show = Show(playlist, Stage(console), json_out.parent / "demo-logs", json_out, 1 / speed if speed else 0.0)
    try:
        interrupted = asyncio.run(_until_interrupted(show))
    finally:
        if as_json and json_out.exists():
            sys.stdout.write(json_out.read_text(encoding="utf-8"))
    if interrupted:
        raise typer.Exit(130)


async def _until_interrupted(show: Show) -> bool:
    return await until_interrupted(show.run(), on_second=show.hurry)


def _playlist(rounds: Path | None, first_row: int, limit: int, *, skip_refused: bool) -> Playlist:
    if rounds is None:
        return own_rounds()
    return rounds_of_file(rounds, first_row=first_row, limit=limit, skip_refused=skip_refused)
