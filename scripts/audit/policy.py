"""What the audit demands, from `[tool.covenant.audit]` in pyproject.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from orchestrator.errors import CovenantError
from scripts.audit.findings import Finding

KEYS = frozenset({"sources", "out_of_scope", "rules_off", "ercs", "min_coverage_percent"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What is audited, and how strictly.

    ``sources`` is the folder in scope, but for the folders in ``out_of_scope``. ``rules_off`` maps "tool:rule" to the
    reason why it is wrong for all of this code. ``ercs`` maps a contract to the standards it must conform to.
    """

    sources: str
    out_of_scope: tuple[str, ...]
    rules_off: dict[str, str]
    ercs: dict[str, tuple[str, ...]]
    min_coverage_percent: float

    def covers(self, path: str) -> bool:
        """Whether a file, given relative to the project, is in scope."""
        file = PurePosixPath(path)
        return file.is_relative_to(self.sources) and not any(file.is_relative_to(part) for part in self.out_of_scope)

    def is_off(self, finding: Finding) -> bool:
        return f"{finding.tool}:{finding.rule}" in self.rules_off

    def files(self, root: Path) -> list[Path]:
        """The Solidity files in scope, sorted. Raises CovenantError when there are none."""
        everything = sorted((root / self.sources).rglob("*.sol"))
        found = [file for file in everything if self.covers(file.relative_to(root).as_posix())]
        if not found:
            raise CovenantError(f"there are no contracts in {root / self.sources}", "correct sources in pyproject.toml")
        return found


def load_policy(pyproject: Path) -> Policy:
    """Reads the policy. Raises CovenantError naming the key that is missing or wrong."""
    try:
        table = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["covenant"]["audit"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise CovenantError(f"no audit policy in {pyproject}", "add a table [tool.covenant.audit]") from error
    unknown = ", ".join(sorted(set(table) - KEYS))
    if unknown:
        raise CovenantError(f"unknown audit settings: {unknown}", f"correct [tool.covenant.audit] in {pyproject}")
    return Policy(
        sources=_typed(table, "sources", str),
        out_of_scope=tuple(_typed(table, "out_of_scope", list)),
        rules_off=dict(_typed(table, "rules_off", dict)),
        ercs={contract: tuple(ercs) for contract, ercs in _typed(table, "ercs", dict).items()},
        min_coverage_percent=float(_typed(table, "min_coverage_percent", int, float)),
    )


def _typed(table: dict[str, Any], key: str, *types: type) -> Any:
    value = table.get(key)
    if not isinstance(value, types):
        wanted = " or ".join(type_.__name__ for type_ in types)
        raise CovenantError(f"the audit setting {key} is {value!r}", f"make it a {wanted} in [tool.covenant.audit]")
    return value
