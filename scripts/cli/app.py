"""`covenant NOUN ...`: finds the nouns, and turns errors meant for people into one line and an exit code.

Each public module beside this one is a noun: its file name is the command, the first line of its docstring the help,
and its `app: typer.Typer` what runs. A noun is imported only when it is called, so `covenant --help` loads neither web3
nor SQLAlchemy.
"""

import ast
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from orchestrator.errors import CovenantError

NOUNS_DIR = Path(__file__).parent

# Typer gives these to every app it turns into a command; a noun is none of its own.
COMPLETION_OPTIONS = frozenset({"install_completion", "show_completion"})


def noun_files() -> Iterator[tuple[str, Path]]:
    """Command name and source file of every noun, by name."""
    for source in sorted(NOUNS_DIR.glob("*.py")):
        if not source.stem.startswith("_") and source != Path(__file__):
            yield source.stem.replace("_", "-"), source


def help_of(source: Path) -> str:
    """The first line of the docstring, read without running the module."""
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").partition("\n")[0]


class Nouns(TyperGroup):
    """Lists the nouns from their files; imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, _ in noun_files()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What a listing shows of a noun."""
        source = dict(noun_files()).get(cmd_name)
        return None if source is None else TyperCommand(cmd_name, help=help_of(source))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None or listed is None:
            return name, listed, rest
        command = typer.main.get_command(importlib.import_module(f"scripts.cli.{name.replace('-', '_')}").app)
        command.name = name
        command.params = [param for param in command.params if param.name not in COMPLETION_OPTIONS]
        command.help = command.help or listed.help
        return name, command, rest


app = typer.Typer(
    cls=Nouns,
    help="On-chain credit lines with an oracle-driven repayment service.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def root() -> None:
    """On-chain credit lines with an oracle-driven repayment service."""


def report(error: CovenantError, *, as_json: bool) -> None:
    """What is wrong and what to do, as one line or one JSON object, on stderr."""
    if as_json:
        sys.stderr.write(json.dumps({"error": {"message": error.message, "hint": error.hint}}) + "\n")
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print("error:", style="bold red", end=" ")
        console.print(f"{error.message} — {error.hint}", markup=False)


def main() -> NoReturn:
    """The console script. Exit codes: 0, 1 (failed, the reason on stderr), 2 (usage), 130 (interrupted)."""
    try:
        typer.main.get_command(app).main(prog_name="covenant")
    except CovenantError as error:
        report(error, as_json="--json" in sys.argv)
    sys.exit(1)
