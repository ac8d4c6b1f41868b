"""Solidity that only tests need, compiled as what is deployed is: forge compiles tests without the optimizer."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import solcx

from scripts.deploy.artifacts import ROOT

SOLC: Final = ROOT / "scripts" / "solc" / "solc.mjs"
_IMPORT: Final = re.compile(r'^import\s[^"]*"([^"]+)";', re.MULTILINE)


def creation_code(source: str, contract: str) -> bytes:
    """The creation code of ``contract`` in the file ``source`` of this repository, by the release profile."""
    profiles = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]
    settings = {
        "viaIR": profiles["release"]["via_ir"],
        "optimizer": {"enabled": profiles["release"]["optimizer"], "runs": profiles["release"]["optimizer_runs"]},
        "evmVersion": profiles["default"]["evm_version"],
        "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
        "outputSelection": {source: {contract: ["evm.bytecode.object"]}},
    }
    sources = {name: {"content": text} for name, text in _with_imports(source, _remappings(profiles)).items()}
    compiled: dict[str, Any] = solcx.compile_standard(
        {"language": "Solidity", "sources": sources, "settings": settings}, solc_binary=SOLC
    )
    return bytes.fromhex(compiled["contracts"][source][contract]["evm"]["bytecode"]["object"])


def _remappings(profiles: dict[str, Any]) -> dict[str, Path]:
    pairs = (remapping.split("=") for remapping in profiles["default"]["remappings"])
    return {prefix: ROOT / path for prefix, path in pairs}


def _with_imports(source: str, remappings: dict[str, Path]) -> dict[str, str]:
    """The file and all that it imports, by the names that the imports resolve to."""
    found: dict[str, str] = {}
    names = [source]
    while names:
        name = names.pop()
        if name in found:
            continue
        found[name] = _path_of(name, remappings).read_text()
        names += [_resolved(imported, name) for imported in _IMPORT.findall(found[name])]
    return found


def _resolved(imported: str, importer: str) -> str:
    if not imported.startswith("."):
        return imported
    parts = importer.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _path_of(name: str, remappings: dict[str, Path]) -> Path:
    for prefix, folder in remappings.items():
        if name.startswith(prefix):
            return folder / name.removeprefix(prefix)
    return ROOT / name
