"""All mutants of a contract, the same ones each time, each under a name that edits elsewhere do not change."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.audit.bench.sources import without_comments
from scripts.audit.mutation.operators import IN_REASONS, OPERATORS, Names
from scripts.audit.mutation.tree import Edit, Node, SourceText, calls, children, descendants, type_of

# What a mutant stands in: the smallest of these around it. It is part of the mutant's name.
_STATEMENTS = frozenset(
    {
        "ExpressionStatement",
        "VariableDeclarationStatement",
        "VariableDeclaration",
        "EmitStatement",
        "RevertStatement",
        "Return",
        "ModifierInvocation",
        "YulExpressionStatement",
        "YulAssignment",
    }
)


_LEFT_ALONE = frozenset({"StructDefinition", "ParameterList", "InheritanceSpecifier", "UsingForDirective"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one contract. ``id`` depends on the function and the statement it stands in, not on the place."""

    id: str
    contract: str
    file: str
    line: int
    before: str
    after: str
    source: str = field(repr=False)

    @property
    def function(self) -> str:
        """Contract and function."""
        return self.id.partition("/")[0]

    @property
    def change(self) -> str:
        """The change in one line."""
        return f"{without_comments(self.before)} → {without_comments(self.after) or '(nothing)'}"


@dataclass(frozen=True, slots=True)
class _Place:
    function: str
    statement: str
    in_reason: bool


def mutants_of(contract: str, file: str, trees: Mapping[str, Any], text: str) -> list[Mutant]:
    """All mutants of ``contract`` in ``file``, in the order of the source. ``trees`` has all that it imports too."""
    source = SourceText(text.encode())
    definition = next(
        node for node in trees[file]["nodes"] if node["nodeType"] == "ContractDefinition" and node["name"] == contract
    )
    names = _names(trees)
    found: list[Mutant] = []
    seen: set[Edit] = set()
    twins: Counter[str] = Counter()
    for node, place in _walk(definition, source, _Place("", "", False)):
        for name, operator in OPERATORS.items():
            if place.in_reason and name not in IN_REASONS:
                continue
            for edit in operator(node, source, names):
                if edit in seen:
                    continue
                seen.add(edit)
                before = source.between(edit.start, edit.end)
                key = without_comments("\n".join((place.statement, before, edit.text)))
                digest = hashlib.sha256(f"{place.function}\n{name}\n{key}".encode()).hexdigest()[:6]
                stem = f"{contract}.{place.function}/{name}/{digest}"
                twins[stem] += 1
                twin = f".{twins[stem]}" if twins[stem] > 1 else ""
                line = source.line(edit.start)
                mutated = edit.applied(source.content)
                found.append(Mutant(stem + twin, contract, file, line, before, edit.text, mutated))
    return found


def _walk(node: Node, source: SourceText, place: _Place) -> Iterator[tuple[Node, _Place]]:
    """The node and all below it, each with where it stands."""
    kind = node["nodeType"]
    if kind in _LEFT_ALONE or _is_address(node):
        return
    function, statement, in_reason = place.function, place.statement, place.in_reason
    if kind == "FunctionDefinition":
        function = node["name"] or node["kind"]
    if kind == "VariableDeclaration" and node["stateVariable"]:
        function = node["name"]
    if kind in _STATEMENTS:
        statement = source.of(node)
    if kind in ("IfStatement", "ForStatement", "WhileStatement", "YulIf") and node.get("condition"):
        statement = source.of(node["condition"])
    here = _Place(function, statement, in_reason)
    yield node, here
    reasons = _reasons(node)
    for child in children(node):
        inside = _Place(function, statement, in_reason or any(child is reason for reason in reasons))
        yield from _walk(child, source, inside)


def _is_address(node: Node) -> bool:
    """`address(0)`: there is no sense in nobody plus one."""
    return node["nodeType"] == "FunctionCall" and node["kind"] == "typeConversion" and type_of(node) == "address"


def _reasons(node: Node) -> list[Node]:
    """What below a node is said and not done: the error of a requirement or of a revert."""
    if calls(node, "require"):
        return list(node["arguments"][1:])
    return [node["errorCall"]] if node["nodeType"] == "RevertStatement" else []


def _names(trees: Mapping[str, Any]) -> Names:
    members: dict[int, tuple[str, ...]] = {}
    for tree in trees.values():
        for node in descendants(tree):
            if node["nodeType"] == "EnumDefinition":
                named = tuple(member["name"] for member in node["members"])
                members.update({member["id"]: named for member in node["members"]})
    return Names(members)
