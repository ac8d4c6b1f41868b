"""Takes every defence out, one at a time, and expects the test that names it to fail: ``make defences``."""

import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.errors import CovenantError
from scripts.audit.bench.compiler import open_compiler
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import build, set_up
from scripts.audit.defences.registry import REGISTRY, Defence, complaints, read_registry
from scripts.audit.defences.removal import Removal

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "build" / "defences"


def defend(
    only: Annotated[str, typer.Option(help="Only defences whose id or test contains this.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Defences taken out at once.")] = 2,
) -> None:
    """Exit 1 when a test passes without the defence that it names, or when the registry is wrong."""
    try:
        passed = _defend(only, workers)
    except CovenantError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    raise typer.Exit(0 if passed else 1)


def _defend(only: str, workers: int) -> bool:
    sources = Sources(ROOT)
    defences, rules = read_registry(ROOT / REGISTRY)
    wrong = list(complaints(defences, rules, sources))
    for complaint in wrong:
        typer.echo(complaint)
    chosen = [defence for defence in defences if only in defence.id or only in defence.test]
    started = time.monotonic()
    standing = 0
    with _removals(sources, workers) as removals, ThreadPoolExecutor(workers) as pool:

        def take_out(defence: Defence) -> tuple[Defence, str]:
            removal = removals.get()
            try:
                return defence, removal.of(defence)
            finally:
                removals.put(removal)

        attempts = [pool.submit(take_out, defence) for defence in chosen]
        for attempt in as_completed(attempts):
            defence, complaint = attempt.result()
            standing += not complaint
            if complaint:
                typer.echo(f"{defence.id}: {complaint}")
    typer.echo(
        f"{standing} of {len(chosen)} tests fail without their defence, {len(wrong)} complaints about the registry "
        f"({time.monotonic() - started:.0f} s)"
    )
    return not wrong and standing == len(chosen)


@contextmanager
def _removals(sources: Sources, workers: int) -> Iterator["queue.Queue[Removal]"]:
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    build(ROOT, forge)
    removals: queue.Queue[Removal] = queue.Queue()
    with ExitStack() as stack:
        for number in range(workers):
            workbench = set_up(ROOT, WORK / f"copy{number}", forge, sources)
            removals.put(Removal(stack.enter_context(open_compiler()), workbench, sources))
        yield removals


if __name__ == "__main__":
    typer.run(defend)
