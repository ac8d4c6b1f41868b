"""50,000 runs of every fuzz test, 2,000 × 200 calls of every campaign, on the release build: `make deep-contracts`.

What passed is kept while the code that it ran, its seed and the settings are the same: a run that was broken off goes
on, and a test that changes forgets its own suite alone.
"""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestrator.errors import CovenantError
from scripts.audit.bench.sources import Sources
from scripts.audit.deep.codes import Codes
from scripts.audit.deep.kept import Kept, fingerprint, settings_of
from scripts.audit.deep.plan import Job, plan

ROOT: Final = Path(__file__).resolve().parents[3]
COMPILED: Final = ROOT / "build" / "deep" / "out"
PASSED: Final = ROOT / "build" / "deep" / "passed.json"


def search(
    only: Annotated[str, typer.Option(help="Only jobs whose name contains this.")] = "",
    seed: Annotated[int, typer.Option(help="Where the fuzzer starts; another seed is another run.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Calls of forge at once.")] = 2,
) -> None:
    """Exit 1 when a test failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        passed, failed = _search(only, seed, workers)
    except CovenantError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{passed} passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


def _search(only: str, seed: int, workers: int) -> tuple[int, int]:
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    typer.echo("compiling the tests through the IR: minutes, the first time")
    listing = _run(forge, ("test", "--list", "--json"), ())
    if listing.returncode != 0:
        raise CovenantError("the release build does not compile with its tests", "run make test-contracts")
    jobs = [job for job in plan(listing.stdout.splitlines()[-1], seed) if only in job.name]
    kept = Kept(PASSED)
    left = kept.left(_with_fingerprints(jobs, forge))
    typer.echo(f"{len(jobs)} jobs, {len(jobs) - len(left)} of which passed before")
    failed = 0
    with ThreadPoolExecutor(workers) as pool:
        runs = {pool.submit(_attempt, forge, job): print_ for job, print_ in left}
        try:
            for done, run in enumerate(as_completed(runs), start=1):
                job, failures, seconds = run.result()
                failed += bool(failures)
                # Whoever edits meanwhile has forge compile something else, of which this says nothing.
                if not failures and _with_fingerprints([job], forge) == [(job, runs[run])]:
                    kept.add(job, runs[run])
                typer.echo(f"{done}/{len(left)} {'FAILED' if failures else 'passed'} {job.name} ({seconds:.0f} s)")
                for failure in failures:
                    typer.echo(failure)
        finally:
            pool.shutdown(cancel_futures=True)
    return len(jobs) - failed, failed


def _with_fingerprints(jobs: list[Job], forge: Path) -> list[tuple[Job, str]]:
    """The jobs, each with what stands for all that decides how it ends, as it is compiled now."""
    version = _run(forge, ("--version",), ()).stdout
    settings = settings_of((ROOT / "foundry.toml").read_text())
    codes = Codes(COMPILED, Sources(ROOT))
    return [(job, fingerprint(job, codes, settings, version)) for job in jobs]


def _attempt(forge: Path, job: Job) -> tuple[Job, list[str], float]:
    """The job, what failed in it, and how many seconds it took."""
    started = time.monotonic()
    settings = (("FUZZ_SEED", hex(job.seed)), *job.settings)
    run = _run(forge, ("test", *job.chosen), settings)
    failures = [line for line in run.stdout.splitlines() if line.startswith("[FAIL")]
    if run.returncode != 0 and not failures:
        failures = (run.stderr or run.stdout).strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
    return job, failures, time.monotonic() - started


def _run(
    forge: Path, arguments: tuple[str, ...], settings: tuple[tuple[str, str], ...]
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "FOUNDRY_PROFILE": "deep", **{f"FOUNDRY_{key}": value for key, value in settings}}
    command = [str(forge), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    typer.run(search)
