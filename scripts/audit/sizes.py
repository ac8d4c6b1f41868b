"""The size of each contract as it is deployed (the release profile), against the limits of EIP-170 and EIP-3860."""

import json
from pathlib import Path
from typing import Any

from orchestrator.errors import CovenantError
from scripts.audit.findings import CheckResult, Finding, Place
from scripts.audit.policy import Policy
from scripts.audit.tools import Toolbox, complaint

# Bytes of deployed code (EIP-170), and of the code that creates it (EIP-3860).
MAX_RUNTIME_BYTES = 24_576
MAX_CREATION_BYTES = 49_152


def run_sizes(toolbox: Toolbox, root: Path, policy: Policy) -> CheckResult:
    """Builds the release profile and measures its artifacts. Raises CovenantError when it does not compile."""
    run = toolbox.run(toolbox.forge, "build", policy.sources, cwd=root, profile="release")
    if run.returncode != 0:
        raise CovenantError(f"the release build fails: {complaint(run)}", "run make build-release and correct it")
    config = toolbox.run(toolbox.forge, "config", "--json", cwd=root, profile="release")
    out = root / json.loads(config.stdout)["out"]
    sizes = measure(root, out, policy)
    if not sizes:
        raise CovenantError(f"nothing of {policy.sources} is compiled in {out}", "remove it and run make build-release")
    largest = max(sizes, key=lambda name: int(sizes[name]["runtime_bytes"]))
    summary = f"{len(sizes)} contracts, the largest {largest} with {sizes[largest]['runtime_bytes']:,} bytes"
    return CheckResult("sizes", "", tuple(oversized(sizes)), summary, {"contracts": sizes})


def measure(root: Path, out: Path, policy: Policy) -> dict[str, dict[str, Any]]:
    """Name → source, and bytes of runtime and creation code, of every contract in scope that can be called.

    Libraries of internal functions are part of the contracts that use them; what is compiled of them alone is a stub.
    """
    sizes: dict[str, dict[str, Any]] = {}
    for file in sorted(out.glob("*.sol/*.json")):
        artifact = json.loads(file.read_text(encoding="utf-8"))
        [(source, name)] = artifact["metadata"]["settings"]["compilationTarget"].items()
        runtime = hex_bytes(artifact["deployedBytecode"]["object"])
        callable_ = runtime > 0 and artifact["methodIdentifiers"]
        # An artifact outlives a source that was renamed or removed.
        if callable_ and policy.covers(source) and (root / source).exists():
            creation = hex_bytes(artifact["bytecode"]["object"])
            sizes[name] = {"source": source, "runtime_bytes": runtime, "creation_bytes": creation}
    return dict(sorted(sizes.items()))


def oversized(sizes: dict[str, dict[str, Any]]) -> list[Finding]:
    """A finding for each limit that a contract exceeds."""
    limits = (("EIP-170", "runtime_bytes", MAX_RUNTIME_BYTES), ("EIP-3860", "creation_bytes", MAX_CREATION_BYTES))
    return [
        Finding(
            tool="sizes",
            rule=rule,
            severity="High",
            message=f"{name} has {size[key]:,} {key.replace('_', ' ')}, {size[key] - limit:,} above the limit",
            places=(Place(size["source"], 0),),
        )
        for name, size in sizes.items()
        for rule, key, limit in limits
        if size[key] > limit
    ]


def hex_bytes(code: str) -> int:
    """Bytes in a 0x-string; addresses of libraries that are not linked yet stand in it at full length."""
    return len(code.removeprefix("0x")) // 2
