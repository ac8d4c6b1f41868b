"""What is known of mutants: one line a result, appended as it comes, so that a run that was broken off goes on."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from scripts.audit.bench.sources import Sources, fingerprint
from scripts.audit.bench.workbench import TESTS, test_files
from scripts.audit.mutation.mutants import Mutant

# A few suites cost hardly more than one: it is the start of forge that takes time.
SUITES_ASKED_FIRST: Final = 4


class Outcome(StrEnum):
    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant. ``killer`` is the test that failed, in ``suite``, or "timeout"."""

    id: str
    contracts: str
    tests: str
    outcome: Outcome
    suite: str = ""
    killer: str = ""


class Fingerprints:
    """Stand for what a result depends on: the contracts with the mutant among them, and the tests.

    A killed mutant stays killed as long as the test that killed it is the same, whatever becomes of other tests.
    """

    def __init__(self, sources: Sources, settings: str) -> None:
        self._sources = sources
        self._settings = settings
        self._contracts = {name: sources.text(name) for name in sources.names("contracts")}
        self._suites = {suite: name for name in test_files(sources) for suite in _suites(sources.text(name))}
        self.all_tests = fingerprint([settings, *(sources.text(name) for name in test_files(sources))])
        self._of_suite: dict[str, str] = {}

    def contracts(self, mutant: Mutant) -> str:
        return fingerprint({**self._contracts, mutant.file: mutant.source}.values())

    def tests(self, suite: str) -> str:
        """Of the suite and what it imports; of all tests when there is none of this name."""
        if suite not in self._suites:
            return self.all_tests
        if suite not in self._of_suite:
            closure = self._sources.closure(self._suites[suite])
            tests = [text for name, text in sorted(closure.items()) if name.startswith(TESTS)]
            self._of_suite[suite] = fingerprint([self._settings, *tests])
        return self._of_suite[suite]


def _suites(source: str) -> list[str]:
    lines = (line.split() for line in source.splitlines())
    return [words[1] for words in lines if len(words) > 2 and words[0] == "contract"]


class Store:
    """The results of earlier runs, of which those count that nothing has changed since."""

    def __init__(self, path: Path, fingerprints: Fingerprints) -> None:
        self._path = path
        self._fingerprints = fingerprints
        lines = path.read_text().splitlines() if path.is_file() else []
        read = [Result(**{**json.loads(line), "outcome": Outcome(json.loads(line)["outcome"])}) for line in lines]
        self._known: Mapping[str, Result] = {result.id: result for result in read}
        self._killers: dict[str, deque[str]] = {}
        for result in read:
            self._remember(result)

    def lookup(self, mutant: Mutant) -> Result | None:
        """What became of this very mutant under these very tests, if it is known."""
        known = self._known.get(mutant.id)
        if known is None or known.contracts != self._fingerprints.contracts(mutant):
            return None
        if known.outcome is not Outcome.INVALID and known.tests != self._fingerprints.tests(known.suite):
            return None
        return known

    def likely_killers(self, mutant: Mutant) -> list[str]:
        """The suites to ask first: the one that killed this mutant before, else the last few of its function."""
        known = self._known.get(mutant.id)
        return [known.suite] if known and known.suite else list(self._killers.get(mutant.function, ()))

    def keep(self, mutant: Mutant, outcome: Outcome, suite: str = "", killer: str = "") -> Result:
        contracts, tests = self._fingerprints.contracts(mutant), self._fingerprints.tests(suite)
        result = Result(mutant.id, contracts, tests, outcome, suite, killer)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._remember(result)
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        return result

    def _remember(self, result: Result) -> None:
        killers = self._killers.setdefault(result.id.partition("/")[0], deque(maxlen=SUITES_ASKED_FIRST))
        if result.suite and result.suite not in killers:
            killers.append(result.suite)
