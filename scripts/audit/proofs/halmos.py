"""Runs halmos on one property, in a copy of the project where `MathLib` is what its model says."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from orchestrator.errors import CovenantError
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import copy_sources
from scripts.audit.proofs.properties import PROOFS, Property

SOLVER: Final = Path(__file__).with_name("solver.py")
MODEL: Final = f"{PROOFS}/model/MathModel.sol"
MODELLED: Final = "contracts/libraries/MathLib.sol"

# Halmos gives up on a question after this, by the clock: long enough for a machine on which much else runs.
QUESTION_S: Final = 600


class Outcome(StrEnum):
    """What halmos found. ``FAILED`` has a counterexample; ``VACUOUS`` means that no arguments were left to look at."""

    PROVEN = "proven"
    FAILED = "failed"
    TIMEOUT = "timeout"
    STUCK = "stuck"
    VACUOUS = "vacuous"


_OUTCOMES: Final = {0: Outcome.PROVEN, 1: Outcome.FAILED, 2: Outcome.TIMEOUT, 4: Outcome.VACUOUS}


@dataclass(frozen=True, slots=True)
class Prover:
    """Halmos in a folder where the proofs are compiled."""

    folder: Path
    halmos: Path
    forge: Path

    def prove(self, property_: Property, timeout_s: float) -> Outcome:
        """Raises CovenantError when halmos says nothing about the property."""
        report = self.folder / f"{property_}.json"
        report.unlink(missing_ok=True)
        command = [
            str(self.halmos),
            *("--contract", property_.contract),
            *("--function", f"{property_.function}\\("),
            *("--solver-command", f"{self.halmos.with_name('python')} {SOLVER}"),
            *("--solver-timeout-assertion", f"{QUESTION_S}s"),
            *("--loop", "20"),
            *("--json-output", str(report)),
        ]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=_environment(self.forge),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return Outcome.TIMEOUT
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        results = json.loads(report.read_text())["test_results"] if report.is_file() else {}
        codes = [result["exitcode"] for suite in results.values() for result in suite]
        if len(codes) != 1:
            said = output.strip().splitlines()[-1:] or ["nothing"]
            raise CovenantError(f"halmos said of {property_}: {said[0]}", "run make build and look at the proof")
        return _OUTCOMES.get(codes[0], Outcome.STUCK)


def _environment(forge: Path) -> dict[str, str]:
    """Only proofs are compiled. Halmos executes bytecode, and the optimizer leaves it less to execute."""
    path = os.pathsep.join([str(forge.parent), os.environ.get("PATH", os.defpath)])
    foundry = {"PROFILE": "default", "SRC": PROOFS, "TEST": PROOFS, "OPTIMIZER": "true", "DENY": "never"}
    return {**os.environ, "PATH": path, **{f"FOUNDRY_{key}": value for key, value in foundry.items()}}


def set_up(root: Path, folder: Path, halmos: Path, forge: Path) -> Prover:
    """Copies the proofs and what they are about to ``folder``, puts the model in its place, and compiles.

    Raises CovenantError when they do not compile.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sources = Sources(root)
    copy_sources(root, folder, sources, *(name for name in sources.names(PROOFS) if name != MODEL))
    (folder / MODELLED).write_text(sources.text(MODEL))
    command = [str(forge), "build", "--ast"]
    run = subprocess.run(command, cwd=folder, env=_environment(forge), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise CovenantError("the proofs do not compile", "run make build and correct what it says")
    return Prover(folder, halmos, forge)
