"""Check the machine, the settings and what they point at, and say what to do about each thing that is wrong."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from orchestrator.settings import SettingsError, load_settings
from scripts.doctor.diagnosis import Diagnosis, Grade
from scripts.doctor.environment import SETTINGS
from scripts.doctor.examination import examine_machine, examine_settings, examine_surroundings

HOME = Path(__file__).parents[2]

STYLES = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAIL: "bold red", Grade.SKIPPED: "dim"}

app = typer.Typer()


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the diagnoses as JSON.")] = False) -> None:
    """Check everything that can be checked, without changing anything; exit 1 when something fails."""
    diagnoses = examine()
    failed = any(diagnosis.grade is Grade.FAIL for diagnosis in diagnoses)
    if as_json:
        checks = [asdict(diagnosis) for diagnosis in diagnoses]
        sys.stdout.write(json.dumps({"ok": not failed, "checks": checks}, indent=2) + "\n")
    else:
        show(diagnoses, Console(highlight=False, soft_wrap=True))
    raise typer.Exit(1 if failed else 0)


def examine() -> list[Diagnosis]:
    """The settings come first, since they decide what is needed; with bad ones only the machine is looked at."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return [*examine_machine(HOME, None), SETTINGS.failed("environment", error)]
    return [
        *examine_machine(HOME, settings),
        *examine_settings(settings, os.environ),
        *asyncio.run(examine_surroundings(settings, time.time())),
    ]


def show(diagnoses: Iterable[Diagnosis], console: Console) -> None:
    """One line each, by area, with what to do below what is wrong; at the end the count of each grade."""
    diagnoses = list(diagnoses)
    width = max(len(diagnosis.subject) for diagnosis in diagnoses)
    for area, of_area in groupby(diagnoses, key=lambda diagnosis: diagnosis.area):
        console.print(Text(area, style="bold"))
        for item in of_area:
            grade = Text(f"{item.grade:<8}", style=STYLES[item.grade])
            console.print(Text("  ") + grade + Text(f"{item.subject:<{width}}  {item.found}"))
            if item.remedy:
                console.print(Text(f"{'':<{width + 12}}→ {item.remedy}", style="dim"))
    counts = Counter(diagnosis.grade for diagnosis in diagnoses)
    console.print(", ".join(f"{counts[grade]} {grade}" for grade in Grade if counts[grade]))
