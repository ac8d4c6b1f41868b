"""All mutants of some contracts tried, by several workers, each with a copy of the project of its own."""

import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.audit.bench.compiler import Compiler, open_compiler
from scripts.audit.bench.deployed import deployed_with
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import Workbench, build, embedded, set_up, test_files
from scripts.audit.mutation.mutants import Mutant, mutants_of
from scripts.audit.mutation.store import Fingerprints, Result, Store
from scripts.audit.mutation.trial import CAMPAIGNS, Trial

# Many times what the tests take: whoever needs longer does not end.
PATIENCE: Final = 20
LEAST_TIMEOUT_S: Final = 60.0

Progress = Callable[[int, int, Mutant, Result], None]


@dataclass(frozen=True, slots=True)
class Target:
    """A contract to be mutated, and the deployed contracts (name → file) that contain its code."""

    contract: str
    file: str
    deployed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Project:
    """Where things are: the repository, and the folder for results and copies."""

    root: Path
    work: Path
    forge: Path
    sources: Sources

    @property
    def results(self) -> Path:
        return self.work / "results.jsonl"


def find_target(contract: str, sources: Sources) -> Target:
    """Raises CovenantError when there is no such contract."""
    files = [name for name in sources.names("contracts") if name.endswith(f"/{contract}.sol")]
    if not files:
        raise CovenantError(f"there is no contract {contract}", "name contracts as their files are named")
    return Target(contract, files[0], deployed_with(files[0], sources))


def list_mutants(targets: Sequence[Target], sources: Sources, compiler: Compiler) -> list[Mutant]:
    """All mutants of the targets; their ids differ."""
    found: list[Mutant] = []
    for target in targets:
        closure = sources.closure(target.file)
        trees: Mapping[str, Any] = compiler.syntax_trees(closure)
        found += mutants_of(target.contract, target.file, trees, closure[target.file])
    return found


def try_all(
    targets: Sequence[Target], mutants: Sequence[Mutant], project: Project, workers: int, progress: Progress
) -> dict[str, Result]:
    """Mutant id → its result, known from earlier or tried now. Raises CovenantError when the tests fail as they are."""
    store = Store(project.results, Fingerprints(project.sources, (project.root / "foundry.toml").read_text()))
    results = {mutant.id: known for mutant in mutants if (known := store.lookup(mutant))}
    left = [mutant for mutant in mutants if mutant.id not in results]
    if not left:
        return results
    _refuse_embedded(targets, project.sources)
    build(project.root, project.forge)
    deployed = {target.contract: target.deployed for target in targets}
    with _trials(project, min(workers, len(left))) as trials, ThreadPoolExecutor(workers) as pool:

        def attempt(mutant: Mutant) -> tuple[Mutant, Result]:
            trial = trials.get()
            try:
                verdict = trial.of(mutant, deployed[mutant.contract], store.likely_killers(mutant))
            finally:
                trials.put(trial)
            return mutant, store.keep(mutant, verdict.outcome, verdict.suite, verdict.killer)

        attempts = [pool.submit(attempt, mutant) for mutant in left]
        try:
            for done, finished in enumerate(as_completed(attempts), start=1):
                mutant, result = finished.result()
                results[mutant.id] = result
                progress(done, len(left), mutant, result)
        finally:
            pool.shutdown(cancel_futures=True)
    return results


def _refuse_embedded(targets: Sequence[Target], sources: Sources) -> None:
    contracts = sorted({name for target in targets for name in target.deployed})
    tests = embedded(((name, sources.text(name)) for name in test_files(sources)), contracts)
    if tests:
        where = ", ".join(tests)
        raise CovenantError(f"{where} would test the original", "create contracts from their artifacts")


@contextmanager
def _trials(project: Project, workers: int) -> Iterator["queue.Queue[Trial]"]:
    """One trial for each worker, after the tests have passed on the contracts as they are."""
    trials: queue.Queue[Trial] = queue.Queue()
    timeout_s = LEAST_TIMEOUT_S
    with ExitStack() as stack:
        for number in range(workers):
            workbench = set_up(project.root, project.work / f"copy{number}", project.forge, project.sources)
            if number == 0:
                timeout_s = max(LEAST_TIMEOUT_S, PATIENCE * _seconds_as_they_are(workbench))
            trials.put(Trial(stack.enter_context(open_compiler()), workbench, project.sources, timeout_s))
        yield trials


def _seconds_as_they_are(workbench: Workbench) -> float:
    started = time.monotonic()
    for chosen in (("--no-match-contract", CAMPAIGNS), ("--match-contract", CAMPAIGNS)):
        failure = workbench.test(*chosen, timeout_s=600)
        if failure:
            raise CovenantError(f"{failure} fails without any mutant: {failure.reason}", "run make test-contracts")
    return time.monotonic() - started
