"""Line and branch coverage of the contracts by the Solidity tests."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.audit.findings import CheckResult, Finding, Place
from scripts.audit.policy import Policy
from scripts.audit.tools import Toolbox, complaint


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One source file: its lines and branches, how many of them ran, and the line numbers of those that did not."""

    path: str
    lines: int
    lines_hit: int
    branches: int
    branches_hit: int
    lines_missed: tuple[int, ...]
    branches_missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """Both measures of some files together, in percent."""

    lines_percent: float
    branches_percent: float

    @staticmethod
    def of(files: Iterable[FileCoverage]) -> "Covered":
        files = list(files)
        return Covered(
            lines_percent=percent(sum(file.lines_hit for file in files), sum(file.lines for file in files)),
            branches_percent=percent(sum(file.branches_hit for file in files), sum(file.branches for file in files)),
        )


def run_coverage(toolbox: Toolbox, root: Path, policy: Policy, work: Path) -> CheckResult:
    """Runs the Solidity tests with coverage. Raises CovenantError when they do not compile or do not pass."""
    tracefile = work / "lcov.info"
    tracefile.unlink(missing_ok=True)
    only_ours = ("--exclude-tests", "--no-match-coverage", "^node_modules/")
    to_file = ("--report", "lcov", "--report-file", tracefile)
    run = toolbox.run(toolbox.forge, "coverage", *only_ours, *to_file, cwd=root)
    if run.returncode != 0 or not tracefile.exists():
        failing = re.findall(r"^\[FAIL.*$", run.stdout, re.MULTILINE)
        said = failing[0] if failing else complaint(run)
        raise CovenantError(f"coverage needs passing Solidity tests: {said}", "run make test-contracts and correct it")
    files = [file for file in read_lcov(tracefile.read_text(encoding="utf-8")) if policy.covers(file.path)]
    covered = Covered.of(files)
    bar = policy.min_coverage_percent
    facts = {
        **asdict(covered),
        "min_percent": bar,
        "files": [{**asdict(file), **asdict(Covered.of([file]))} for file in files],
    }
    summary = f"lines {covered.lines_percent} %, branches {covered.branches_percent} % (at least {bar:g} %)"
    return CheckResult("coverage", "", tuple(below(covered, policy)), summary, facts)


def read_lcov(tracefile: str) -> list[FileCoverage]:
    """Parses an lcov tracefile: SF starts a file, DA is (line, hits), BRDA is (line, block, branch, hits or "-")."""
    files: list[FileCoverage] = []
    path = ""
    line_hits: dict[int, int] = {}
    branches: list[tuple[int, bool]] = []
    for record in tracefile.splitlines():
        kind, _, value = record.partition(":")
        if kind == "SF":
            path, line_hits, branches = value, {}, []
        elif kind == "DA":
            line, hits = value.split(",")[:2]
            line_hits[int(line)] = int(hits)
        elif kind == "BRDA":
            line, _, _, taken = value.split(",")
            branches.append((int(line), taken not in ("-", "0")))
        elif kind == "end_of_record":
            files.append(_file_coverage(path, line_hits, branches))
    return sorted(files, key=lambda file: file.path)


def _file_coverage(path: str, line_hits: dict[int, int], branches: Sequence[tuple[int, bool]]) -> FileCoverage:
    return FileCoverage(
        path=path,
        lines=len(line_hits),
        lines_hit=sum(hits > 0 for hits in line_hits.values()),
        branches=len(branches),
        branches_hit=sum(taken for _, taken in branches),
        lines_missed=tuple(sorted(line for line, hits in line_hits.items() if hits == 0)),
        branches_missed=tuple(sorted({line for line, taken in branches if not taken})),
    )


def percent(part: int, whole: int) -> float:
    """``part`` of ``whole``, rounded down to hundredths, so that 100 means all; nothing of nothing is 100."""
    return 100.0 if whole == 0 else (part * 10_000 // whole) / 100


def below(covered: Covered, policy: Policy) -> list[Finding]:
    """A finding for lines, and one for branches, when they are below the bar."""
    measures = {"lines": covered.lines_percent, "branches": covered.branches_percent}
    return [
        Finding(
            tool="coverage",
            rule=rule,
            severity="Medium",
            message=f"{measure} % of {rule} are covered, less than {policy.min_coverage_percent:g} %",
            places=(Place(policy.sources, 0),),
        )
        for rule, measure in measures.items()
        if measure < policy.min_coverage_percent
    ]
