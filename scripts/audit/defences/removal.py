"""One defence taken out, and its test run with it and without it."""

from scripts.audit.bench.compiler import Compiler, DoesNotCompile
from scripts.audit.bench.deployed import deployed_with
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import TookTooLong, Workbench
from scripts.audit.defences.registry import Defence

TIMEOUT_S = 120.0


class Removal:
    """A compiler and a workbench of one worker."""

    def __init__(self, compiler: Compiler, workbench: Workbench, sources: Sources) -> None:
        self._compiler = compiler
        self._workbench = workbench
        self._sources = sources

    def of(self, defence: Defence) -> str:
        """What is wrong, in one line: nothing when the test passes with the defence, and fails without it."""
        chosen = ("--match-contract", f"^{defence.suite}$", "--match-test", f"^{defence.function}\\b")
        passes = self._workbench.test(*chosen, timeout_s=TIMEOUT_S)
        if passes:
            return f"{defence.test} fails as it is: {passes.reason}"
        changed = defence.sources(self._sources)
        deployed = {name: file for path in changed for name, file in deployed_with(path, self._sources).items()}
        sources = {**self._sources.closure(*deployed.values()), **changed}
        try:
            compiled = self._compiler.bytecode(sources, [(file, name) for name, file in deployed.items()])
        except DoesNotCompile as error:
            return f"does not compile without it: {error}"
        with self._workbench.swapped(compiled):
            try:
                failure = self._workbench.test(*chosen, timeout_s=TIMEOUT_S)
            except TookTooLong:
                return ""
        if failure is None:
            return f"{defence.test} passes without it"
        return "" if failure.test == defence.function else f"{failure} fails instead of the test: {failure.reason}"
