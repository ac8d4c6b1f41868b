"""A copy of the project in which compiled contracts are swapped and the Solidity tests run.

The tests deploy contracts from forge's artifacts (`deployCode`), so another bytecode in an artifact is another
contract under test, and nothing else has to be compiled. A test that has a contract's code compiled in
(`new Contract`) would test the original: `embedded` finds those.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.audit.bench.compiler import Compiled
from scripts.audit.bench.sources import Sources

TESTS: Final = "tests/contracts"

# What is proven there is no test, and runs elsewhere.
_PROOFS: Final = f"{TESTS}/proofs/"

# In an artifact: half of its bytes, which forge parses at every start and tests have no use for.
_BALLAST: Final = ("rawMetadata", "metadata", "storageLayout", "methodIdentifiers", "ast")
_MAPS: Final = ("sourceMap", "generatedSources", "functionDebugData", "opcodes")


class TookTooLong(Exception):
    """The tests did not end in time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first test that failed."""

    suite: str
    test: str
    reason: str

    def __str__(self) -> str:
        return f"{self.suite}.{self.test}"


class Workbench:
    """One copy; one run at a time."""

    def __init__(self, folder: Path, forge: Path) -> None:
        self._folder = folder
        self._forge = forge
        self._originals: dict[Path, str] = {}

    def settle(self) -> None:
        """Lets forge compile what it does not take for compiled, so that no later run overwrites what is swapped in."""
        build(self._folder, self._forge)

    @contextmanager
    def swapped(self, compiled: Compiled) -> Iterator[None]:
        """Puts these contracts in the place of the originals."""
        for contract, evm in compiled.items():
            path = self._folder / "out" / f"{contract}.sol" / f"{contract}.json"
            original = self._originals.setdefault(path, path.read_text())
            path.write_text(json.dumps({**json.loads(original), **_as_artifact(evm)}))
        stamps = {path: path.stat().st_mtime_ns for path in self._originals}
        try:
            yield
            if any(path.stat().st_mtime_ns != stamp for path, stamp in stamps.items()):
                raise CovenantError(f"forge compiled in {self._folder}", "leave the folder alone while tests run in it")
        finally:
            for path, original in self._originals.items():
                path.write_text(original)

    def test(self, *chosen: str, timeout_s: float) -> Failure | None:
        """Runs the tests that ``chosen`` (forge's own options) chooses, up to the first failure, which it returns.

        Raises TookTooLong, and CovenantError when forge could not run them or there were none.
        """
        command = [str(self._forge), "test", "--json", "--fail-fast", *chosen]
        environment = {**os.environ, "FOUNDRY_PROFILE": "default", "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0"}
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise TookTooLong from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._forget_failures()
        return _first_failure(output, errors, process.returncode)

    def _forget_failures(self) -> None:
        """What failed for one contract is not to be tried first on the next."""
        for kept in ("fuzz", "invariant", "test-failures"):
            shutil.rmtree(self._folder / "build" / "forge" / kept, ignore_errors=True)
        (self._folder / "build" / "forge" / "default" / "test-failures").unlink(missing_ok=True)


def _as_artifact(evm: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: {**evm[kind], "object": f"0x{evm[kind]['object']}"} for kind in ("bytecode", "deployedBytecode")}


def _first_failure(output: str, errors: str, exit_code: int) -> Failure | None:
    line = next((line for line in output.splitlines() if line.startswith("{")), "{}")
    suites: Mapping[str, Any] = json.loads(line)
    for suite, result in suites.items():
        for test, outcome in result["test_results"].items():
            if outcome["status"] == "Failure":
                name = test.partition("(")[0]
                return Failure(suite.rpartition(":")[2], name, str(outcome.get("reason") or ""))
    if exit_code != 0 or not suites:
        said = (errors or output).strip().splitlines() or [f"exit code {exit_code}"]
        raise CovenantError(f"forge test ran no test: {said[-1]}", "run make test-contracts and correct what it says")
    return None


def set_up(root: Path, folder: Path, forge: Path, sources: Sources) -> Workbench:
    """Makes ``folder`` a copy of the compiled project at ``root``, in the place of whatever was there.

    Of `node_modules` only the sources that count are copied: forge looks through all of it at every start, and follows
    links to where its cache does not know what it finds.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("build/forge/default", "out"):
        shutil.copytree(root / part, folder / part)
    copy_sources(root, folder, sources, *sources.names("contracts"), *test_files(sources))
    (folder / "build" / "release").mkdir()
    workbench = Workbench(folder, forge)
    workbench.settle()
    for artifact in (folder / "out").rglob("*.json"):
        _lighten(artifact)
    return workbench


def test_files(sources: Sources) -> list[str]:
    """The Solidity of the tests, by name."""
    return [name for name in sources.names(TESTS) if not name.startswith(_PROOFS)]


def copy_sources(root: Path, folder: Path, sources: Sources, *names: str) -> None:
    """Copies the files and all that they import to ``folder``, with what forge needs to compile them there."""
    for name in sources.closure(*names):
        path = sources.path(name)
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    shutil.copytree(root / "scripts" / "solc", folder / "scripts" / "solc")
    shutil.copy2(root / "foundry.toml", folder)
    (folder / "node_modules").mkdir(exist_ok=True)
    (folder / "node_modules" / "solc").symlink_to(root / "node_modules" / "solc")


def _lighten(artifact: Path) -> None:
    content = json.loads(artifact.read_text())
    if "abi" not in content:
        return
    for ballast in _BALLAST:
        content.pop(ballast, None)
    for kind in ("bytecode", "deployedBytecode"):
        for ballast in _MAPS:
            content.get(kind, {}).pop(ballast, None)
    artifact.write_text(json.dumps(content))


def build(root: Path, forge: Path) -> None:
    """Compiles the project, as far as it is not. Raises CovenantError when it does not compile."""
    environment = {**os.environ, "FOUNDRY_PROFILE": "default"}
    run = subprocess.run([str(forge), "build"], cwd=root, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise CovenantError("the contracts do not compile", "run make build and correct what it says")


def embedded(tests: Iterable[tuple[str, str]], contracts: Iterable[str]) -> list[str]:
    """The tests, given as (name, text), that have the code of one of ``contracts`` compiled in."""
    creation = re.compile(rf"\bnew\s+({'|'.join(contracts)})\b|type\(({'|'.join(contracts)})\)\.(creation|runtime)Code")
    return [name for name, text in tests if creation.search(text)]
