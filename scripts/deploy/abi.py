"""`python -m scripts.deploy.abi [--check]`: the committed ABIs, from what forge compiled."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import BUILD, ROOT, Artifacts

ABI_DIR = ROOT / "orchestrator" / "chain" / "abi"

COMMITTED = {
    "AggregatorV3": "IAggregatorV3",
    "AttestedFeed": "AttestedFeed",
    "Bundler": "Bundler",
    "CreditLineNFT": "CreditLineNFT",
    "CreditVault": "CreditVault",
    "LocalFeed": "LocalFeed",
    "LocalToken": "LocalToken",
    "LocalWETH": "LocalWETH",
    "NoteDescriptor": "NoteDescriptor",
    "OracleAdapter": "OracleAdapter",
    "Reader": "Reader",
    "RepayTrigger": "RepayTrigger",
}
"""Name of each committed ABI, and the contract or interface that it is the ABI of."""


def render(abi: Iterable[Mapping[str, Any]]) -> str:
    """One entry a line, sorted, so that a change of an interface reads as a change of a few lines."""
    lines = sorted(json.dumps(entry, sort_keys=True) for entry in abi)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def differing(artifacts: Artifacts, directory: Path) -> list[str]:
    """What a reader of `directory` would get wrong, one line for each file."""
    found = []
    for name, contract in COMMITTED.items():
        path = directory / f"{name}.json"
        if not path.is_file():
            found.append(f"{path.name} is missing")
        elif path.read_text(encoding="utf-8") != render(artifacts.contract(contract).abi):
            found.append(f"{path.name} is not that of {contract}: {_what_differs(path, artifacts, contract)}")
    strangers = {path.name for path in directory.glob("*.json")} - {f"{name}.json" for name in COMMITTED}
    return found + [f"{name} belongs to no contract" for name in sorted(strangers)]


def write(artifacts: Artifacts, directory: Path) -> None:
    """Makes `directory` hold the compiled ABIs and nothing else."""
    rendered = {f"{name}.json": render(artifacts.contract(contract).abi) for name, contract in COMMITTED.items()}
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        if path.name not in rendered:
            path.unlink()
    for filename, text in rendered.items():
        (directory / filename).write_text(text, encoding="utf-8")


def _what_differs(path: Path, artifacts: Artifacts, contract: str) -> str:
    try:
        committed = _names(json.loads(path.read_text(encoding="utf-8")))
    except ValueError:
        return "not JSON"
    compiled = _names(artifacts.contract(contract).abi)
    new, gone = sorted(compiled - committed), sorted(committed - compiled)
    return ", ".join([f"+{name}" for name in new] + [f"-{name}" for name in gone]) or "a detail, or the form"


def _names(abi: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        f"{entry['type']} {entry.get('name', '')}({','.join(item['type'] for item in entry.get('inputs', []))})"
        for entry in abi
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.deploy.abi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a committed ABI differs")
    options = parser.parse_args(argv)
    artifacts = Artifacts(BUILD)
    try:
        if not options.check:
            write(artifacts, ABI_DIR)
            return 0
        found = differing(artifacts, ABI_DIR)
    except CovenantError as error:
        found = [str(error)]
    for line in found:
        sys.stderr.write(f"abi: {line}\n")
    if found:
        sys.stderr.write("abi: run `make abi` and commit what it wrote\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
