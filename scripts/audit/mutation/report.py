"""What the mutants say of the tests: figures by contract, the bar, and who survived."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.audit.mutation.mutants import Mutant
from scripts.audit.mutation.store import Outcome, Result

# Of the mutants that compile, in percent. An explained survivor is explained, and not killed.
BAR_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One contract's mutants. ``percent_killed`` is of those that compile, rounded down to hundredths."""

    contract: str
    killed: int
    explained: int
    unexplained: int
    invalid: int

    @property
    def percent_killed(self) -> float:
        valid = self.killed + self.explained + self.unexplained
        return 100.0 if valid == 0 else (self.killed * 10_000 // valid) / 100

    @property
    def passes(self) -> bool:
        return self.unexplained == 0 and self.percent_killed >= BAR_PERCENT


@dataclass(frozen=True, slots=True)
class Report:
    """``idle`` are explanations of mutants that were killed, or that do not exist: they must go."""

    figures: tuple[Figures, ...]
    unexplained: tuple[Mutant, ...]
    explained: tuple[tuple[Mutant, str], ...]
    idle: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return all(figures.passes for figures in self.figures) and not self.idle

    def facts(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "passed": self.passed,
            "bar_percent": BAR_PERCENT,
            "contracts": [
                {
                    "contract": figures.contract,
                    "killed": figures.killed,
                    "explained": figures.explained,
                    "unexplained": figures.unexplained,
                    "invalid": figures.invalid,
                    "percent_killed": figures.percent_killed,
                }
                for figures in self.figures
            ],
            "unexplained": [_facts(mutant) for mutant in self.unexplained],
            "explained": [{**_facts(mutant), "why": why} for mutant, why in self.explained],
            "idle_explanations": list(self.idle),
        }


def _facts(mutant: Mutant) -> dict[str, Any]:
    return {"id": mutant.id, "file": mutant.file, "line": mutant.line, "change": mutant.change}


def summarize(
    contracts: Sequence[str],
    mutants: Sequence[Mutant],
    results: Mapping[str, Result],
    explanations: Mapping[str, str],
) -> Report:
    """Counts. Explanations of contracts that are not among ``contracts`` are left alone."""
    survived = [mutant for mutant in mutants if results[mutant.id].outcome is Outcome.SURVIVED]
    explained = [mutant for mutant in survived if mutant.id in explanations]
    unexplained = [mutant for mutant in survived if mutant.id not in explanations]
    ids = {mutant.id for mutant in explained}
    idle = sorted(id_ for id_ in explanations if id_.partition(".")[0] in contracts and id_ not in ids)

    def count(contract: str, among: Sequence[Mutant]) -> int:
        return sum(mutant.contract == contract for mutant in among)

    def of(outcome: Outcome) -> list[Mutant]:
        return [mutant for mutant in mutants if results[mutant.id].outcome is outcome]

    killed, invalid = of(Outcome.KILLED), of(Outcome.INVALID)
    figures = [
        Figures(name, count(name, killed), count(name, explained), count(name, unexplained), count(name, invalid))
        for name in contracts
    ]
    why = tuple((mutant, explanations[mutant.id]) for mutant in explained)
    return Report(tuple(figures), tuple(unexplained), why, tuple(idle))


def diff(mutant: Mutant, original: str) -> str:
    """The lines that a mutant changes, as a diff without its headings."""
    lines = difflib.unified_diff(original.splitlines(), mutant.source.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
