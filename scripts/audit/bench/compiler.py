"""A compiler that stays loaded, with the settings that forge compiles tests with."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError

_PROGRAM: Final = Path(__file__).with_name("compiler.mjs")
_BYTECODE: Final = ("evm.bytecode.object", "evm.bytecode.linkReferences")
_RUNTIME: Final = (
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
)

# Contract → its `evm` output: `bytecode` and `deployedBytecode`, as forge keeps them in an artifact.
Compiled = Mapping[str, Mapping[str, Any]]


class DoesNotCompile(Exception):
    """The sources are no program. The message is the compiler's first error."""


class Compiler:
    """One compiler process; not to be shared between threads."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def bytecode(self, sources: Mapping[str, str], contracts: Iterable[tuple[str, str]]) -> Compiled:
        """The bytecode of ``contracts``, given as (file, contract). Raises DoesNotCompile."""
        wanted: dict[str, dict[str, list[str]]] = {}
        for file, contract in contracts:
            wanted.setdefault(file, {})[contract] = [*_BYTECODE, *_RUNTIME]
        found = self._compile(sources, wanted)["contracts"]
        return {contract: found[file][contract]["evm"] for file, names in wanted.items() for contract in names}

    def syntax_trees(self, sources: Mapping[str, str]) -> Mapping[str, Any]:
        """The syntax tree of every file. Raises DoesNotCompile."""
        found = self._compile(sources, {"*": {"": ["ast"]}})["sources"]
        return {name: found[name]["ast"] for name in found}

    def _compile(self, sources: Mapping[str, str], wanted: Mapping[str, Any]) -> Any:
        settings = {
            "evmVersion": "cancun",
            "optimizer": {"enabled": False},
            "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
            "outputSelection": wanted,
        }
        contents = {name: {"content": text} for name, text in sources.items()}
        request = json.dumps({"language": "Solidity", "sources": contents, "settings": settings})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{request}\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise CovenantError("the compiler ended", "run make setup and try again") from error
        answer = json.loads(self._process.stdout.readline() or "{}")
        if not answer:
            raise CovenantError("the compiler ended", "run make setup and try again")
        errors = [error["message"] for error in answer.get("errors", ()) if error["severity"] == "error"]
        if errors:
            raise DoesNotCompile(errors[0])
        return answer


@contextmanager
def open_compiler() -> Iterator[Compiler]:
    """Starts a compiler, and ends it."""
    command = ["node", str(_PROGRAM)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Compiler(process)
        finally:
            process.kill()
