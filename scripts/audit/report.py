"""The report in its two forms: facts for programs, and a page to read."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.audit.findings import CheckResult, Finding
from scripts.audit.run import Audit
from scripts.audit.workplace import FACTS, PAGE

# What Slither and solhint call them, the worst first.
SEVERITIES = ("High", "Medium", "Low", "Error", "Warning", "Informational", "Optimization")


def write_report(audit: Audit, root: Path, folder: Path) -> tuple[Path, Path]:
    """Writes the report into ``folder``; returns the paths of the page and of the facts."""
    (folder / PAGE).write_text(page(audit, root), encoding="utf-8")
    (folder / FACTS).write_text(json.dumps(facts(audit, root), indent=2) + "\n", encoding="utf-8")
    return folder / PAGE, folder / FACTS


def facts(audit: Audit, root: Path) -> dict[str, Any]:
    """Everything, as JSON values. ``sources_sha256`` says which code was audited."""
    judgement, policy = audit.judgement, audit.policy
    return {
        "passed": audit.passed,
        "sources_sha256": digest(policy.files(root), root),
        "scope": {"sources": policy.sources, "out_of_scope": list(policy.out_of_scope)},
        "checks": {
            result.name: {
                "version": result.version,
                "seconds": audit.seconds[result.name],
                "open": count_open(audit, result),
                "justified": count_justified(audit, result),
                **result.facts,
            }
            for result in audit.results
        },
        "open": [finding_facts(finding) for finding in by_severity(judgement.open)],
        "justified": [{**finding_facts(finding), "why": why} for finding, why in judgement.justified],
        "rules_off": policy.rules_off,
        "off": [finding_facts(finding) for finding in by_severity(judgement.off)],
        "out_of_scope_findings": len(judgement.out_of_scope),
    }


def finding_facts(finding: Finding) -> dict[str, Any]:
    return {
        "tool": finding.tool,
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "places": [str(place) for place in finding.places],
    }


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first."""
    return sorted(findings, key=lambda item: (SEVERITIES.index(item.severity), item.tool, item.rule, item.places))


def count_open(audit: Audit, result: CheckResult) -> int:
    return sum(finding in audit.judgement.open for finding in result.findings)


def count_justified(audit: Audit, result: CheckResult) -> int:
    return sum(finding in result.findings for finding, _ in audit.judgement.justified)


def digest(files: Iterable[Path], root: Path) -> str:
    """One SHA-256 over the names and contents of the sources."""
    total = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(root).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def summary_row(audit: Audit, result: CheckResult) -> tuple[str, str, str, str]:
    """Check, outcome, what was found, and the seconds it took."""
    open_, justified = count_open(audit, result), count_justified(audit, result)
    found = result.summary or f"{open_} open, {justified} justified"
    name = f"{result.name} {result.version}".strip()
    return (name, "failed" if open_ else "ok", found, f"{audit.seconds[result.name]:.1f}")


def page(audit: Audit, root: Path) -> str:
    """The report in Markdown."""
    judgement, policy = audit.judgement, audit.policy
    verdict = "Passed" if audit.passed else f"Failed: {len(judgement.open)} open"
    outside = ", ".join(f"`{part}/`" for part in policy.out_of_scope) or "nothing of it"
    justified = [
        (finding.severity, f"{finding.tool}: {finding.rule}", f"`{finding.places[0]}`", why)
        for finding, why in judgement.justified
    ]
    parts = [
        "# Audit of the contracts",
        f"**{verdict}.** In scope: `{policy.sources}/`; out of scope: {outside}, tests and dependencies "
        f"({len(judgement.out_of_scope)} findings there are not listed).",
        f"Sources: `{digest(policy.files(root), root)}` (SHA-256 over names and contents).",
        "## Checks",
        table(("check", "outcome", "found", "seconds"), [summary_row(audit, result) for result in audit.results]),
        f"## Open ({len(judgement.open)})",
        "\n\n".join(paragraph(finding) for finding in by_severity(judgement.open)) or "Nothing.",
        f"## Justified beside the code ({len(judgement.justified)})",
        table(("severity", "rule", "where", "why"), justified),
        f"## Turned off for all the code ({len(policy.rules_off)})",
        table(("rule", "why"), policy.rules_off.items()),
        *(SECTIONS[result.name](result) for result in audit.results if result.name in SECTIONS),
    ]
    return "\n\n".join(parts) + "\n"


def paragraph(finding: Finding) -> str:
    """One finding, its places, and all that the tool said."""
    places = ", ".join(f"`{place}`" for place in finding.places[:4])
    said = "\n".join(f"  > {line.strip()}" for line in finding.message.splitlines())
    return f"- **{finding.severity}** {finding.tool}: {finding.rule}, {places}\n\n{said}"


def coverage_section(result: CheckResult) -> str:
    rows = (
        (
            f"`{file['path']}`",
            f"{file['lines_percent']} % ({file['lines_hit']}/{file['lines']})",
            f"{file['branches_percent']} % ({file['branches_hit']}/{file['branches']})",
            ranges(file["lines_missed"]),
            ranges(file["branches_missed"]),
        )
        for file in result.facts["files"]
    )
    return "## Coverage\n\n" + table(("source", "lines", "branches", "lines not run", "branches not taken"), rows)


def sizes_section(result: CheckResult) -> str:
    rows = (
        (name, f"{size['runtime_bytes']:,}", f"{size['creation_bytes']:,}")
        for name, size in result.facts["contracts"].items()
    )
    heads = ("contract", "runtime (limit 24,576)", "creation (limit 49,152)")
    return "## Sizes of the release build, in bytes\n\n" + table(heads, rows)


SECTIONS = {"coverage": coverage_section, "sizes": sizes_section}


def ranges(numbers: Iterable[int]) -> str:
    """`1, 3–5` for 1, 3, 4, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside of a cell is escaped."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
