"""Reads `tests/contracts/defences.toml`, and finds what in it is not so."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import TESTS

REGISTRY: Final = f"{TESTS}/defences.toml"

# What the design demands of the contracts by number. Rules are demanded by the list in the registry itself.
PITFALLS: Final = range(1, 20)
INVARIANTS: Final = (8, 9, 10, 11, 12, 14)

_FUNCTION: Final = r"((?:^    ///.*\n)*)^    function {name}\("


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement that takes a defence out, or part of it."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Defence:
    """``id`` is "pitfall 9", "invariant 12" or "rule slug"; ``test``, "File.t.sol:Contract.function", names it."""

    id: str
    says: str
    test: str
    changes: tuple[Change, ...]

    @property
    def test_file(self) -> str:
        return f"{TESTS}/{self.test.partition(':')[0]}"

    @property
    def suite(self) -> str:
        return self.test.partition(":")[2].partition(".")[0]

    @property
    def function(self) -> str:
        return self.test.rpartition(".")[2]

    def sources(self, originals: Sources) -> dict[str, str]:
        """The changed files, without the defence."""
        texts: dict[str, str] = {}
        for change in self.changes:
            text = texts.get(change.file) or originals.text(change.file)
            texts[change.file] = text.replace(change.old, change.new)
        return texts


def read_registry(path: Path) -> tuple[list[Defence], Mapping[str, str]]:
    """The defences, and the rules (slug → what it says) that must have one."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    rules: Mapping[str, str] = content["rules"]
    defences = [
        Defence(
            id=entry["id"],
            says=entry.get("says") or rules.get(entry["id"].removeprefix("rule "), ""),
            test=entry["test"],
            changes=tuple(Change(change["file"], change["old"], change["new"]) for change in _changes(entry)),
        )
        for entry in content["defence"]
    ]
    return defences, rules


def _changes(entry: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    return entry.get("changes") or [entry]


def complaints(defences: Sequence[Defence], rules: Mapping[str, str], sources: Sources) -> Iterator[str]:
    """What is wrong with the registry, one line each: nothing when all is covered, and by what exists."""
    known = {
        *(f"pitfall {n}" for n in PITFALLS),
        *(f"invariant {n}" for n in INVARIANTS),
        *(f"rule {r}" for r in rules),
    }
    covered = {defence.id for defence in defences}
    yield from (f"{id_}: has no defence" for id_ in sorted(known - covered))
    yield from (f"{id_}: is nothing that is demanded" for id_ in sorted(covered - known))
    for defence in defences:
        if not defence.says:
            yield f"{defence.id}: does not say what it defends"
        yield from (
            f"{defence.id}: {change.file} has {count} times {change.old!r}"
            for change in defence.changes
            if (count := sources.text(change.file).count(change.old)) != 1
        )
        yield from _of_the_test(defence, sources)


def _of_the_test(defence: Defence, sources: Sources) -> Iterator[str]:
    if defence.test_file not in sources.names(TESTS):
        yield f"{defence.id}: there is no {defence.test_file}"
        return
    text = sources.text(defence.test_file)
    found = re.search(_FUNCTION.format(name=defence.function), text, re.MULTILINE)
    if not found or f"contract {defence.suite} " not in text:
        yield f"{defence.id}: there is no {defence.test}"
    elif not names(found[1], defence.id):
        yield f"{defence.id}: {defence.test} does not name it"


def names(comment: str, id_: str) -> bool:
    """Whether a doc comment names a pitfall or an invariant ("Pitfalls 1 and 36"), or a rule (`@custom:rule slug`)."""
    kind, _, which = id_.partition(" ")
    if kind == "rule":
        return re.search(rf"@custom:rule (\S+, )*{re.escape(which)}(,|\s|$)", comment) is not None
    mentions = re.findall(rf"{kind}s? ((?:\d+(?:, | and )?)+)", comment, re.IGNORECASE)
    return any(which in re.findall(r"\d+", mention) for mention in mentions)
