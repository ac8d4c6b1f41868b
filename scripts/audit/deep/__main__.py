"""50,000 runs of every fuzz test, 2,000 × 200 calls of every campaign, on the release build: `make deep-contracts`.

What passed is kept while contracts, tests and seed are the same: a run that was broken off goes on.
"""

import json
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
from scripts.audit.bench.sources import Sources, fingerprint
from scripts.audit.bench.workbench import test_files
from scripts.audit.deep.plan import Job, plan

ROOT: Final = Path(__file__).resolve().parents[3]
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
    kept = Kept(PASSED, _fingerprint())
    left = [job for job in jobs if job.name not in kept.passed]
    typer.echo(f"{len(jobs)} jobs, {len(jobs) - len(left)} of which passed before")
    failed = 0
    with ThreadPoolExecutor(workers) as pool:
        runs = [pool.submit(_attempt, forge, job) for job in left]
        try:
            for done, run in enumerate(as_completed(runs), start=1):
                job, failures, seconds = run.result()
                failed += bool(failures)
                if not failures:
                    kept.add(job)
                typer.echo(f"{done}/{len(left)} {'FAILED' if failures else 'passed'} {job.name} ({seconds:.0f} s)")
                for failure in failures:
                    typer.echo(failure)
        finally:
            pool.shutdown(cancel_futures=True)
    return len(jobs) - failed, failed


class Kept:
    """The jobs that passed, in a file that says what they passed with."""

    def __init__(self, path: Path, print_: str) -> None:
        self._path, self._print = path, print_
        kept = json.loads(path.read_text()) if path.is_file() else {}
        self.passed: set[str] = set(kept["passed"]) if kept.get("fingerprint") == print_ else set()

    def add(self, job: Job) -> None:
        self.passed.add(job.name)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"fingerprint": self._print, "passed": sorted(self.passed)}))
        fresh.replace(self._path)


def _fingerprint() -> str:
    sources = Sources(ROOT)
    names = [*sources.names("contracts"), *test_files(sources)]
    return fingerprint([(ROOT / "foundry.toml").read_text(), *(sources.text(name) for name in names)])


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
