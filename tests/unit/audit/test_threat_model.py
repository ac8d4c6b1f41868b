"""The threat model points at tests that exist."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
POINTER = re.compile(r"`(tests/[\w/.]+)::(\w+)`")


def pointers() -> list[tuple[str, str]]:
    return POINTER.findall((REPOSITORY / "docs" / "threat-model.md").read_text(encoding="utf-8"))


def test_every_test_that_the_threat_model_names_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in pointers()
        if not (REPOSITORY / file).exists()
        or not re.search(rf"\b(function|def) {name}\b", (REPOSITORY / file).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_the_threat_model_names_tests_for_what_it_claims() -> None:
    assert len(pointers()) >= 60
