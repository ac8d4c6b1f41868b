"""Where the audit's tools are, and how they are run."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import CovenantError

# Far beyond the slowest honest run; a tool that needs longer hangs.
TIMEOUT_S = 1_800

INSTALL_AUDIT_TOOLS = "run make .venv-audit/.stamp"
INSTALL_NODE_TOOLS = "run make setup"


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The binaries, and the environment they are given: forge is on its PATH, where Slither looks for it."""

    forge: Path
    slither: Path
    slither_check_erc: Path
    solhint: Path
    environment: Mapping[str, str]

    def run(
        self, tool: str | Path, *arguments: str | Path, cwd: Path, profile: str = "default"
    ) -> subprocess.CompletedProcess[str]:
        """Runs a tool to its end and returns what it said, whatever its exit code.

        ``profile`` is the foundry profile, whatever the caller's own environment says. Raises CovenantError when the
        tool cannot be started or does not end.
        """
        command = [str(tool), *map(str, arguments)]
        environment = {**self.environment, "FOUNDRY_PROFILE": profile, "NO_COLOR": "1"}
        try:
            return subprocess.run(
                command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
        except OSError as error:
            raise CovenantError(f"{tool} cannot be started: {error.strerror}", INSTALL_NODE_TOOLS) from error
        except subprocess.TimeoutExpired as error:
            raise CovenantError(f"{tool} did not end in {TIMEOUT_S} s", "run it by hand to see why") from error


def find_tools(home: Path, environment: Mapping[str, str]) -> Toolbox:
    """The tools installed under ``home`` (the repository). Raises CovenantError naming the first that is missing."""
    forge = _find(home, "node_modules/@foundry-rs/forge-*/bin/forge", INSTALL_NODE_TOOLS)
    search_path = os.pathsep.join([str(forge.parent), environment.get("PATH", os.defpath)])
    return Toolbox(
        forge=forge,
        slither=_find(home, ".venv-audit/bin/slither", INSTALL_AUDIT_TOOLS),
        slither_check_erc=_find(home, ".venv-audit/bin/slither-check-erc", INSTALL_AUDIT_TOOLS),
        solhint=_find(home, "node_modules/.bin/solhint", INSTALL_NODE_TOOLS),
        environment={**environment, "PATH": search_path},
    )


def _find(home: Path, pattern: str, hint: str) -> Path:
    found = sorted(home.glob(pattern))
    if not found:
        raise CovenantError(f"{pattern} is not installed", hint)
    return found[0]


def complaint(run: subprocess.CompletedProcess[str]) -> str:
    """The one line that says what went wrong: the first error with its place, else the last thing that was said."""
    lines = [line.strip() for line in (run.stderr + "\n" + run.stdout).splitlines() if line.strip()]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        # A heading ends with a colon; what it announces comes after it.
        if line.startswith(("Error", "Warning")) and not line.endswith(":"):
            return f"{line} {below.rstrip(':')}" if below.startswith("-->") else line
    return lines[-1] if lines else f"exit code {run.returncode}, and no word why"
