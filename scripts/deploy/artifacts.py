"""What forge compiled: ABI, creation code and runtime code of a contract, and whether they are those of the sources."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from orchestrator.chain.codec import Parameter, encode
from orchestrator.errors import CovenantError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "out"
RELEASE = ROOT / "build" / "release"


class NotCompiled(CovenantError):
    """The compiled contract is missing, or older than its sources."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract. `immutables` are the (start, length) ranges of `runtime` that its constructor fills in."""

    name: str
    abi: Sequence[Mapping[str, Any]]
    creation: bytes
    runtime: bytes
    immutables: Sequence[tuple[int, int]]

    def creation_with(self, *arguments: Any) -> bytes:
        """What a transaction must carry to create it: the code and the constructor's arguments (structs as dicts)."""
        inputs = [item for entry in self.abi if entry["type"] == "constructor" for item in entry["inputs"]]
        return self.creation + encode([Parameter.from_json(item) for item in inputs], arguments)

    def made(self, code: bytes) -> bool:
        """Whether `code` on a chain is this contract's, whatever its constructor was given."""
        return len(code) == len(self.runtime) and self._masked(code) == self._masked(self.runtime)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """A folder that forge wrote: `BUILD` for tests, `RELEASE` for what is deployed."""

    directory: Path

    def contract(self, name: str) -> Artifact:
        """The contract called `name`.

        Raises:
            NotCompiled: forge has not compiled it, or has compiled other sources than those that are here now.
        """
        found = sorted(self.directory.glob(f"*/{name}.json"))
        if len(found) != 1:
            what = f"{len(found)} contracts are called {name}" if found else f"{name} is not compiled"
            raise NotCompiled(f"{what} in {shown(self.directory)}", f"run `{self._make}`")
        compiled = json.loads(found[0].read_bytes())
        for source, facts in compiled["metadata"]["sources"].items():
            path = ROOT / source
            if not path.is_file() or "0x" + keccak(path.read_bytes()).hex() != facts["keccak256"]:
                raise NotCompiled(f"{source} has changed since {name} was compiled", f"run `{self._make}`")
        references = compiled["deployedBytecode"].get("immutableReferences", {})
        return Artifact(
            name=name,
            abi=compiled["abi"],
            creation=_code(compiled["bytecode"]),
            runtime=_code(compiled["deployedBytecode"]),
            immutables=[(place["start"], place["length"]) for places in references.values() for place in places],
        )

    @property
    def _make(self) -> str:
        return "make build-release" if self.directory == RELEASE else "make build"


def _code(bytecode: Mapping[str, Any]) -> bytes:
    if bytecode.get("linkReferences"):
        raise NotCompiled("the contract needs a linked library", "make the library's functions internal")
    return bytes.fromhex(bytecode["object"].removeprefix("0x"))


def shown(path: Path) -> str:
    """A path as a person would write it: from the repository's root if it lies below."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
