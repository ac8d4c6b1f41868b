"""Take a book of credit lines through a price history by the credit rules, and report what became of it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oracles.backtest.book import BookLine, read_book, write_book
from oracles.backtest.generate import generate_book
from oracles.backtest.path import Decimals, PricePath
from oracles.backtest.report import headline, tokens, write_report
from oracles.backtest.run import Played, run_book
from oracles.backtest.summary import Summary, facts_of, summary_of
from oracles.backtest.tables import write_events, write_lines
from oracles.rounds import read_rounds
from orchestrator.errors import CovenantError
from scripts.cli._api import Body, show

app = typer.Typer()


class WhichBook(CovenantError):
    """Neither a book nor the size of one to make, or both."""


@app.command()
def main(
    rounds: Annotated[Path, typer.Option(help="a CSV of rounds (Chainlink's, hourly candles, or updated_at,answer)")],
    book: Annotated[Path | None, typer.Option(help="a CSV of lines; --save-book writes one")] = None,
    lines: Annotated[int | None, typer.Option(min=1, help="instead of --book: make up so many lines")] = None,
    seed: Annotated[int, typer.Option(help="with --lines: another seed is another book")] = 1,
    save_book: Annotated[Path | None, typer.Option(help="with --lines: write the book here")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="play so many rounds at most, the oldest")] = None,
    skip_refused: Annotated[bool, typer.Option("--skip-refused", help="leave out rows that are no rounds")] = False,
    out: Annotated[Path | None, typer.Option(help="a folder for report.html, lines.csv and events.csv")] = None,
    loan_decimals: Annotated[int, typer.Option(min=0, max=18)] = 6,
    collateral_decimals: Annotated[int, typer.Option(min=0, max=18)] = 18,
    feed_decimals: Annotated[int, typer.Option(min=0, max=18)] = 8,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="print the facts as JSON")] = False,
) -> None:
    """Plays every line of a book through every round, without a chain.

    Mandates are asked at each round; a borrower who pays its bills then does; a liquidator takes what the rules allow.
    """
    decimals = Decimals(loan_decimals, collateral_decimals, feed_decimals)
    path = PricePath.of(read_rounds(rounds, skip_refused=skip_refused).rounds[:limit], decimals)
    found = _book(book, lines, seed, path, decimals)
    if save_book is not None:
        write_book(found, save_book)
    started = time.monotonic()
    played = _play(found, path, loan_decimals, workers, quiet=as_json)
    summary = summary_of(played)
    facts = {**facts_of(summary), "took_s": round(time.monotonic() - started, 2), "workers": workers}
    if out is not None:
        _write(played, summary, decimals, out)
        facts["report"] = str(out / "report.html")
    show(facts, as_json, lambda console, body: _tell(console, body, summary, decimals))


def _book(book: Path | None, lines: int | None, seed: int, path: PricePath, decimals: Decimals) -> Sequence[BookLine]:
    if book is not None and lines is None:
        return read_book(book)
    if lines is not None and book is None:
        return generate_book(lines, seed, path, decimals)
    raise WhichBook("which lines shall be played?", "give --book FILE, or --lines N to make some up")


def _play(book: Sequence[BookLine], path: PricePath, loan_decimals: int, workers: int, *, quiet: bool) -> Played:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task("lines", total=len(book))
        return run_book(book, path, loan_decimals, workers=workers, progress=lambda n: progress.advance(task, n))


def _write(played: Played, summary: Summary, decimals: Decimals, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_lines(played.outcomes, out / "lines.csv")
    write_events(played.outcomes, out / "events.csv")
    write_report(played, summary, decimals, out / "report.html")


def _tell(console: Console, body: Body, summary: Summary, decimals: Decimals) -> None:
    console.print(f"{summary.lines:,} lines over {summary.rounds:,} rounds in {body['took_s']} s: ", end="")
    console.print(headline(summary, decimals))
    for act, (count, paid) in summary.acts.items():
        console.print(f"{count:>10,} {act.value:<24}{tokens(paid, decimals):>24}")
    for status, count in summary.ended.items():
        console.print(f"{count:>10,} ended {status.replace('_', ' ')}")
    if "report" in body:
        console.print(f"report: {body['report']}")
