"""Solidity sources by the names that the compiler knows them by, and what each of them imports."""

import hashlib
import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r'^import\s[^"]*"([^"]+)";', re.MULTILINE)
_STRING_OR_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


class Sources:
    """The Solidity files of a project, read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        pairs = (pair.split("=") for pair in profile(root)["remappings"])
        self._remappings = {prefix: root / path for prefix, path in pairs}
        self._texts: dict[str, str] = {}

    def text(self, name: str) -> str:
        if name not in self._texts:
            self._texts[name] = self.path(name).read_text(encoding="utf-8")
        return self._texts[name]

    def names(self, folder: str) -> list[str]:
        """The files below ``folder``, by name."""
        return sorted(path.relative_to(self._root).as_posix() for path in (self._root / folder).rglob("*.sol"))

    def closure(self, *names: str) -> dict[str, str]:
        """The files and all that they import, as name → text."""
        found: dict[str, str] = {}
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found[name] = self.text(name)
            pending += [_resolved(imported, name) for imported in _IMPORT.findall(found[name])]
        return found

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""
        for prefix, path in self._remappings.items():
            if name.startswith(prefix):
                return path / name.removeprefix(prefix)
        return self._root / name


def profile(root: Path) -> Mapping[str, list[str]]:
    """The default profile of ``foundry.toml``, of which only lists of strings are looked at."""
    found: Mapping[str, list[str]] = tomllib.loads((root / "foundry.toml").read_text())["profile"]["default"]
    return found


def _resolved(imported: str, importer: str) -> str:
    if not imported.startswith("."):
        return imported
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), imported))


def without_comments(source: str) -> str:
    """The source as the compiler sees it: no comments, and one space where there is any."""
    bare = _STRING_OR_COMMENT.sub(lambda match: match[1] or " ", source)
    return " ".join(bare.split())


def fingerprint(texts: Iterable[str]) -> str:
    """Sixteen hex digits that stand for these texts in this order, whatever their comments and line breaks are."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(without_comments(text).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]
