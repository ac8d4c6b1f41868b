"""A compiler that stays loaded, with the settings that forge compiles tests with."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
    """One compiler process, started when it is needed; not to be shared between threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

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
        # A process that was killed is worth a second attempt.
        said = self._ask(request) or self._ask(request)
        if not said:
            raise CovenantError("the compiler ended", "run make setup and try again")
        answer = json.loads(said)
        errors = [error["message"] for error in answer.get("errors", ()) if error["severity"] == "error"]
        if errors:
            raise DoesNotCompile(errors[0])
        return answer

    def _ask(self, request: str) -> str:
        """What the compiler answers; nothing when it ended, and then the next question starts another."""
        if self._process is None:
            command = ["node", str(_PROGRAM)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answer = ""
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{request}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            self.end()
        return answer

    def end(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        with suppress(BrokenPipeError):
            process.__exit__(None, None, None)


@contextmanager
def open_compiler() -> Iterator[Compiler]:
    """A compiler, ended afterwards."""
    compiler = Compiler()
    try:
        yield compiler
    finally:
        compiler.end()
