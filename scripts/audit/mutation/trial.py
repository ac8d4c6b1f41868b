"""One mutant tried: compiled, put in the place of the original, and shown to the tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.audit.bench.compiler import Compiler, DoesNotCompile
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import Failure, TookTooLong, Workbench
from scripts.audit.mutation.mutants import Mutant
from scripts.audit.mutation.store import Outcome

# Campaigns of random actions take the longest, so they only see what single tests let live.
CAMPAIGNS = "Invariant"


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    suite: str = ""
    killer: str = ""


class Trial:
    """A compiler and a workbench of one worker."""

    def __init__(self, compiler: Compiler, workbench: Workbench, sources: Sources, timeout_s: float) -> None:
        self._compiler = compiler
        self._workbench = workbench
        self._sources = sources
        self._timeout_s = timeout_s

    def of(self, mutant: Mutant, deployed: Mapping[str, str], likely_killers: Sequence[str]) -> Verdict:
        """Tries ``mutant`` in ``deployed``, the contracts (name → file) that contain its code.

        A mutant that does not compile is invalid; one that makes the tests run on and on is killed.
        """
        sources = {**self._sources.closure(*deployed.values()), mutant.file: mutant.source}
        try:
            compiled = self._compiler.bytecode(sources, [(file, name) for name, file in deployed.items()])
        except DoesNotCompile:
            return Verdict(Outcome.INVALID)
        with self._workbench.swapped(compiled):
            try:
                failure = self._first_failure(likely_killers)
            except TookTooLong:
                return Verdict(Outcome.KILLED, killer="timeout")
        if failure is None:
            return Verdict(Outcome.SURVIVED)
        return Verdict(Outcome.KILLED, failure.suite, failure.test)

    def _first_failure(self, likely_killers: Sequence[str]) -> Failure | None:
        rounds = [("--no-match-contract", CAMPAIGNS), ("--match-contract", CAMPAIGNS)]
        if likely_killers:
            rounds.insert(0, ("--match-contract", f"^({'|'.join(likely_killers)})$"))
        found = (self._workbench.test(*chosen, timeout_s=self._timeout_s) for chosen in rounds)
        return next((failure for failure in found if failure), None)
