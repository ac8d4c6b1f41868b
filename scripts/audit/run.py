"""The audit from end to end: run the checks, and judge what they found."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from scripts.audit.coverage import run_coverage
from scripts.audit.findings import CheckResult, Finding
from scripts.audit.judgement import Judgement, judge, judge_policy
from scripts.audit.justifications import Justification, read_justifications
from scripts.audit.policy import Policy
from scripts.audit.sizes import run_sizes
from scripts.audit.slither import compile_for_slither, known_detectors, run_erc_checks, run_slither
from scripts.audit.solhint import known_rules, run_solhint
from scripts.audit.tools import Toolbox


class Check(StrEnum):
    """What can be asked for alone. The static tools go together: the comments in the code answer to all of them."""

    STATIC = "static"
    SIZES = "sizes"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome. ``seconds`` is what each check took, by its name."""

    policy: Policy
    results: tuple[CheckResult, ...]
    seconds: Mapping[str, float]
    judgement: Judgement

    @property
    def passed(self) -> bool:
        return not self.judgement.open


def run_audit(
    toolbox: Toolbox,
    root: Path,
    policy: Policy,
    work: Path,
    checks: Set[Check],
    announce: Callable[[str], None],
) -> Audit:
    """Runs ``checks`` on the project at ``root``, with intermediate files in ``work``, announcing each as it starts.

    Raises CovenantError when a tool is missing or cannot run: an audit that could not look has no outcome.
    """
    results: list[CheckResult] = []
    seconds: dict[str, float] = {}
    for what, check in _steps(toolbox, root, policy, work, checks):
        announce(what)
        started = time.monotonic()
        result = check()
        seconds[result.name] = round(time.monotonic() - started, 1)
        results.append(result)
    findings = [finding for result in results for finding in result.findings]
    if Check.STATIC not in checks:
        return Audit(policy, tuple(results), seconds, judge(findings, (), policy))

    rules = {"slither": known_detectors(toolbox, root), "solhint": known_rules(toolbox, root)}
    justifications, breaches = read_all(root, policy, rules)
    judgement = judge(findings, justifications, policy)
    breaches += judge_policy(policy, judgement.off, rules)
    return Audit(policy, tuple(results), seconds, replace(judgement, open=(*judgement.open, *breaches)))


def _steps(
    toolbox: Toolbox, root: Path, policy: Policy, work: Path, checks: Set[Check]
) -> Iterator[tuple[str, Callable[[], CheckResult]]]:
    """What is done, and the check that does it, in order."""
    if Check.STATIC in checks:
        build_info = compile_for_slither(toolbox, root, policy, work)
        yield "Slither: all detectors", lambda: run_slither(toolbox, root, build_info)
        yield "Slither: ERC conformance", lambda: run_erc_checks(toolbox, root, policy, build_info)
        yield "solhint", lambda: run_solhint(toolbox, root, policy, work)
    if Check.SIZES in checks:
        yield "sizes of the release build", lambda: run_sizes(toolbox, root, policy)
    if Check.COVERAGE in checks:
        yield "coverage of the Solidity tests", lambda: run_coverage(toolbox, root, policy, work)


def read_all(
    root: Path, policy: Policy, known: Mapping[str, Set[str]]
) -> tuple[Sequence[Justification], list[Finding]]:
    """The justifications of every file in scope, and the breaches of their form."""
    justifications: list[Justification] = []
    breaches: list[Finding] = []
    for file in policy.files(root):
        path = file.relative_to(root).as_posix()
        of_file, broken = read_justifications(path, file.read_text(encoding="utf-8"), known)
        justifications += of_file
        breaches += broken
    return justifications, breaches
