"""The credit rules stand alone: import-linter holds the layers, this holds what it cannot express."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import orchestrator.credit

ALLOWED = frozenset(sys.stdlib_module_names)


def imported_modules(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            yield node.module or ""


def test_the_credit_rules_import_only_the_standard_library_and_themselves() -> None:
    sources = sorted(Path(orchestrator.credit.__path__[0]).rglob("*.py"))
    assert sources
    foreign = [
        f"{source.name} imports {module}"
        for source in sources
        for module in imported_modules(source)
        if module.split(".")[0] not in ALLOWED and not f"{module}.".startswith("orchestrator.credit.")
    ]
    assert foreign == []
