"""Slither's detectors and its ERC conformance check, over the compiler's output of the contracts alone."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from orchestrator.errors import CovenantError
from scripts.audit.findings import CheckResult, Finding, Place
from scripts.audit.policy import Policy
from scripts.audit.tools import Toolbox, complaint


def compile_for_slither(toolbox: Toolbox, root: Path, policy: Policy, work: Path) -> Path:
    """Compiles the contracts with their syntax trees; returns the build-info folder. Raises CovenantError."""
    build_info = work / "build-info"
    # Slither reads every file in there, so one left from an earlier run would be audited too.
    shutil.rmtree(build_info, ignore_errors=True)
    keep_apart = ("--build-info-path", build_info, "--out", work / "out", "--cache-path", work / "cache")
    run = toolbox.run(toolbox.forge, "build", policy.sources, "--force", "--build-info", *keep_apart, cwd=root)
    if run.returncode != 0:
        raise CovenantError(f"the contracts do not compile: {complaint(run)}", "run make build and correct them")
    return build_info


def known_detectors(toolbox: Toolbox, root: Path) -> frozenset[str]:
    run = toolbox.run(toolbox.slither, "--list-detectors-json", cwd=root)
    return frozenset(detector["check"] for detector in _json(run))


def run_slither(toolbox: Toolbox, root: Path, build_info: Path) -> CheckResult:
    """Every detector on every contract. What comments silence is reported too: the audit judges those itself."""
    everything = ("--show-ignored-findings", "--exclude-dependencies", "--json", "-")
    run = toolbox.run(toolbox.slither, ".", *_compiled(build_info), *everything, cwd=root)
    findings = tuple(read_detector(detector) for detector in _results(run).get("detectors", []))
    version = toolbox.run(toolbox.slither, "--version", cwd=root).stdout.strip()
    return CheckResult("slither", version, findings, "", {})


def read_detector(detector: Mapping[str, Any]) -> Finding:
    """One entry of Slither's JSON."""
    return Finding(
        tool="slither",
        rule=detector["check"],
        severity=detector["impact"],
        message=detector["description"].strip(),
        places=_places(detector["elements"]),
    )


def run_erc_checks(toolbox: Toolbox, root: Path, policy: Policy, build_info: Path) -> CheckResult:
    """Whether each contract of the policy has the functions, returns and events of its standards."""
    findings: list[Finding] = []
    for contract, ercs in policy.ercs.items():
        for erc in ercs:
            target = (".", contract, "--erc", erc.lower(), *_compiled(build_info), "--json", "-")
            run = toolbox.run(toolbox.slither_check_erc, *target, cwd=root)
            findings += read_conformance(contract, erc, _results(run)["erc-conformance"])
    summary = "; ".join(f"{contract}: {', '.join(ercs)}" for contract, ercs in policy.ercs.items())
    facts = {"demanded": {contract: list(ercs) for contract, ercs in policy.ercs.items()}}
    return CheckResult("erc", "", tuple(findings), summary, facts)


def read_conformance(contract: str, erc: str, conformance: Mapping[str, list[dict[str, Any]]]) -> list[Finding]:
    """What is missing or wrong; a function that the standard calls optional may be missing."""
    return [
        Finding(
            tool="slither-check-erc",
            rule=f"{erc}-{kind.replace('_', '-')}",
            severity="High",
            message=f"{contract} is no {erc}: {item['description'].replace('[ ]', '').strip()}",
            places=_places(item["elements"]),
        )
        for kind, items in conformance.items()
        for item in items
        if item.get("additional_fields", {}).get("required", True)
    ]


def _compiled(build_info: Path) -> tuple[str, ...]:
    return ("--ignore-compile", "--foundry-build-info-directory", str(build_info))


def _places(elements: list[dict[str, Any]]) -> tuple[Place, ...]:
    """The first line of each element: where Slither itself looks for a comment above."""
    mappings = (element["source_mapping"] for element in elements)
    first_lines = (
        Place(PurePath(mapping["filename_relative"]).as_posix(), min(mapping["lines"]))
        for mapping in mappings
        if mapping["lines"]
    )
    return tuple(dict.fromkeys(first_lines))


def _results(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    answer = _json(run)
    if not answer["success"]:
        hint = "see whether the contract it names exists and compiles"
        raise CovenantError(f"{_name(run)} failed: {answer['error']}", hint)
    results: dict[str, Any] = answer["results"]
    return results


def _json(run: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(run.stdout)
    except ValueError as error:
        hint = "run make audit again; if it stays so, remove .venv-audit first"
        raise CovenantError(f"{_name(run)} failed: {complaint(run)}", hint) from error


def _name(run: subprocess.CompletedProcess[str]) -> str:
    return PurePath(run.args[0]).name
