"""solhint with every rule of `.solhint.json`, on copies in which no comment silences it."""

import json
import re
import shutil
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.audit.findings import CheckResult, Finding, Place
from scripts.audit.policy import Policy
from scripts.audit.tools import INSTALL_NODE_TOOLS, Toolbox, complaint

DIRECTIVE = re.compile(r"solhint-(?=disable|enable)")

LIST_RULES = """
const { loadRules } = require(process.argv[1]);
console.log(JSON.stringify(loadRules().map((rule) => rule.ruleId)));
"""


def known_rules(toolbox: Toolbox, root: Path) -> frozenset[str]:
    module = toolbox.solhint.resolve().parent / "lib" / "load-rules.js"
    run = toolbox.run("node", "-e", LIST_RULES, module, cwd=root)
    if run.returncode != 0:
        raise CovenantError(f"solhint's rules cannot be listed: {complaint(run)}", INSTALL_NODE_TOOLS)
    return frozenset(json.loads(run.stdout))


def run_solhint(toolbox: Toolbox, root: Path, policy: Policy, work: Path) -> CheckResult:
    """What solhint would say without the comments: the audit judges those itself. Raises CovenantError."""
    copies = work / "solhint"
    shutil.rmtree(copies, ignore_errors=True)
    files = policy.files(root)
    for file in files:
        copy = copies / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Of the same length, so that columns and line lengths stay what they are.
        copy.write_text(DIRECTIVE.sub("solhint.", file.read_text(encoding="utf-8")), encoding="utf-8")
    quiet = ("--disc", "--noPoster", "-f", "json", "-c", root / ".solhint.json")
    run = toolbox.run(toolbox.solhint, *quiet, f"{policy.sources}/**/*.sol", cwd=copies)
    try:
        reports = json.loads(run.stdout or "[]")
    except ValueError as error:
        raise CovenantError(f"solhint failed: {complaint(run)}", "correct .solhint.json or run make setup") from error
    findings = tuple(
        Finding(
            tool="solhint",
            rule=report["ruleId"] or "syntax",
            severity=report["severity"],
            message=report["message"],
            places=(Place(report["filePath"], report["line"]),),
        )
        for report in reports
        if "filePath" in report
    )
    version = toolbox.run(toolbox.solhint, "--version", cwd=root).stdout.strip()
    return CheckResult("solhint", version, findings, "", {"files": len(files)})
