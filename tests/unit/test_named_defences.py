"""Each pitfall and invariant that the service has to do with is named by a test: in its name, or in its docstring."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

NAMED = [
    *(("pitfall", number) for number in (1, 14, 19, *range(20, 39))),
    *(("invariant", number) for number in (*range(1, 10), 13)),
]

NAMED_IN_SOLIDITY = [("pitfall", number) for number in (1, 14, 19, 36, 37)]
"""What feeds do to the contracts; the rest of what these defend is named by what their tests are called."""

_NAME = re.compile(r"(pitfall|invariant)s?[ _](\d+(?:(?:, | and | to )\d+)*)", re.IGNORECASE)


def names_in(text: str) -> Iterator[tuple[str, int]]:
    """ "Pitfalls 20 to 22 and 25" names four of them; a test's name has underscores instead of spaces."""
    for kind, numbers in _NAME.findall(text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", numbers):
            yield from ((kind.lower(), number) for number in range(int(first), int(last or first) + 1))


def read_names() -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for name in set(names_in(f"{node.name} {ast.get_docstring(node) or ''}")):
                    found[name].append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


_SOLIDITY_TEST = re.compile(r"((?:^ *///.*\n)+)^ *function (test\w*)\(", re.MULTILINE)


def names_in_solidity() -> set[tuple[str, int]]:
    """By the comments right above test functions."""
    found: set[tuple[str, int]] = set()
    for path in sorted((TESTS / "contracts").glob("*.t.sol")):
        for comment, _ in _SOLIDITY_TEST.findall(path.read_text(encoding="utf-8")):
            found.update(names_in(comment))
    return found


@pytest.mark.parametrize(("kind", "number"), NAMED_IN_SOLIDITY)
def test_it_is_named_by_a_test_of_the_contracts(kind: str, number: int) -> None:
    assert (kind, number) in names_in_solidity(), f"no test in Solidity names {kind} {number}"


@pytest.fixture(scope="module")
def named() -> dict[tuple[str, int], list[str]]:
    return read_names()


@pytest.mark.parametrize(("kind", "number"), NAMED)
def test_it_is_named_by_a_test(named: dict[tuple[str, int], list[str]], kind: str, number: int) -> None:
    assert named[kind, number], f"no test names {kind} {number}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("test_pitfall_31_underpriced_is_answered", [("pitfall", 31)]),
        ("Invariant 2, pitfall 23: also empty blocks.", [("invariant", 2), ("pitfall", 23)]),
        ("Invariants 1 to 3, 9 and 13", [("invariant", number) for number in (1, 2, 3, 9, 13)]),
        ("pitfalls 25 and 26", [("pitfall", 25), ("pitfall", 26)]),
        ("nothing of the kind", []),
    ],
)
def test_names_are_read_as_people_write_them(text: str, names: list[tuple[str, int]]) -> None:
    assert list(names_in(text)) == names
