"""What a suite's tests run on: its own compiled code, and that of the contracts which it asks forge for by name.

What a contract creates with `new` is inside of its code. What it deploys with `deployCode` is not: there its source
names a file, as in `"CreditVault.sol"`, and so do the sources that it imports.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.audit.bench.sources import Sources

# In a string that is not an import's.
_NAMED: Final = re.compile(r'(?<!from )(?<!import )"(?:[^"\n]*/)?([\w.]+\.sol)(?::\w+)?"')


@dataclass(frozen=True, slots=True)
class Code:
    """One compiled contract. ``linked`` are the files of libraries whose code it calls instead of holding it."""

    source: str
    contract: str
    compiler: str
    creation: str
    linked: tuple[str, ...]


class Codes:
    """What forge compiled into ``folder``, by the file that it comes from, read once."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        self._sources = sources
        self._by_file: dict[str, list[Code]] = defaultdict(list)
        for path in sorted(folder.glob("**/*.sol/*.json")):
            for code in _read(json.loads(path.read_bytes())):
                self._by_file[PurePosixPath(code.source).name].append(code)

    def fingerprint(self, file: str, suite: str) -> str:
        """Hex digits that stand for the code of ``suite``, in ``file``, and all code that it may deploy by name.

        Raises CovenantError when the suite is not among what was compiled.
        """
        of_file = self._by_file.get(PurePosixPath(file).name, [])
        own = [code for code in of_file if (code.source, code.contract) == (file, suite)]
        if not own:
            raise CovenantError(f"{suite} of {file} is not compiled", "remove build/deep and run make deep-contracts")
        digest = hashlib.sha256()
        for code in [*own, *self._asked_for(file, own)]:
            digest.update(f"{code.source}:{code.contract}:{code.compiler}:{code.creation}\0".encode())
        return digest.hexdigest()

    def _asked_for(self, file: str, own: Iterable[Code]) -> Iterator[Code]:
        """Sorted by name. What is deployed so may ask for more, and so may what it imports."""
        named: set[str] = set()
        pending = {*names_in(self._sources.closure(file).values()), *(name for code in own for name in code.linked)}
        while pending:
            name = pending.pop()
            named.add(name)
            codes = self._by_file.get(name, [])
            texts = self._sources.closure(*(code.source for code in codes)).values()
            pending |= {*names_in(texts), *(linked for code in codes for linked in code.linked)} - named
        for name in sorted(named):
            yield from self._by_file.get(name, [])


def names_in(texts: Iterable[str]) -> set[str]:
    """The names of Solidity files that stand in strings of these sources, imports aside."""
    return {name for text in texts for name in _NAMED.findall(text)}


def _read(artifact: Mapping[str, Any]) -> Iterator[Code]:
    """Nothing of what has no code: interfaces and abstract contracts."""
    creation = artifact.get("bytecode", {}).get("object", "0x")
    if creation == "0x":
        return
    metadata = artifact["metadata"]
    links = artifact["bytecode"].get("linkReferences", {})
    for source, contract in metadata["settings"]["compilationTarget"].items():
        linked = tuple(sorted(PurePosixPath(file).name for file in links))
        yield Code(source, contract, metadata["compiler"]["version"], creation, linked)
