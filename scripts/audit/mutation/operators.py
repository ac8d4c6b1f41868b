"""What a mutant changes: each operator looks at one node of the syntax tree and offers edits.

Nothing is changed in the reason that a refusal gives but the order of its values: a mutant there is a worse message,
not a worse contract.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scripts.audit.mutation.tree import Edit, Node, SourceText, calls, is_integer, span, type_of


@dataclass(frozen=True, slots=True)
class Names:
    """What operators must know of other files: the members of every enum, by the id of each member."""

    enum_members: Mapping[int, tuple[str, ...]]


Operator = Callable[[Node, SourceText, Names], Iterator[Edit]]

# Each comparison shifted by one, and turned round.
_RELATIONAL: Final = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
_ARITHMETIC: Final = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "/",
    "**": "*",
    "|": "&",
    "&": "|",
    "^": "|",
    "<<": ">>",
    ">>": "<<",
}
_LOGICAL: Final = {"&&": "||", "||": "&&"}
_ASSIGNMENTS: Final = {"+=": ("-=", "="), "-=": ("+=", "="), "*=": ("/=",), "|=": ("&=", "="), "&=": ("|=", "=")}

# Functions and fields that are taken for each other: opposite directions, and the two sides of a deal.
_SIBLINGS: Final = [
    ("min", "max"),
    ("mulDivUp", "mulDivDown"),
    ("dueUp", "debtUp"),
    ("excessUp", "excessInKindUp"),
    ("collateral", "reserve"),
    ("claimLoan", "claimCollateral"),
    ("principal", "undrawn"),
    ("billed", "unbilled"),
    ("loanToken", "collateralToken"),
    ("initialLtvBps", "liquidationLtvBps"),
    ("riskPrice", "measuringPrice"),
]
_SIBLING: Final = {one: other for pair in _SIBLINGS for one, other in (pair, pair[::-1])}

# Function → the arguments that are only multiplied or compared with their right neighbour: swapped, nothing changes.
# The receiver of a bound call counts as argument −1.
_SYMMETRIC: Final[Mapping[str, frozenset[int]]] = {
    "min": frozenset({-1, 0}),
    "max": frozenset({-1, 0}),
    "mulDivUp": frozenset({-1}),
    "mulDivDown": frozenset({-1}),
    "mul512": frozenset({0}),
    "valueDown": frozenset({0}),
    "keeperFeeDown": frozenset({0}),
    "exceedsLtv": frozenset({1}),
}

_NUMBER: Final = re.compile(r"^(\d[\d_]*)(\s+\w+)?$")
_CONSTANT_NAME: Final = re.compile(r"^_?[A-Z][A-Z0-9_]+$")
_YUL: Final = {"lt": "gt", "gt": "lt", "add": "sub", "sub": "add", "and": "or", "or": "and"}


def relational(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """< for <=, >= for <, and so on."""
    if node["nodeType"] == "BinaryOperation":
        for other in _RELATIONAL.get(node["operator"], ()):
            yield source.replace_between(node["leftExpression"], node["rightExpression"], node["operator"], other)


def arithmetic(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """+ for -, * for /, | for &."""
    if node["nodeType"] == "BinaryOperation" and node["operator"] in _ARITHMETIC:
        operator = node["operator"]
        left, right = node["leftExpression"], node["rightExpression"]
        yield source.replace_between(left, right, operator, _ARITHMETIC[operator])


def boolean(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """&& for ||, one of two conditions dropped, `!` dropped, true for false."""
    if node["nodeType"] == "BinaryOperation" and node["operator"] in _LOGICAL:
        left, right = node["leftExpression"], node["rightExpression"]
        yield source.replace_between(left, right, node["operator"], _LOGICAL[node["operator"]])
        yield source.replace(node, source.of(left))
        yield source.replace(node, source.of(right))
    if node["nodeType"] == "UnaryOperation" and node["operator"] in ("!", "~"):
        yield source.replace(node, source.of(node["subExpression"]))
    if node["nodeType"] == "Literal" and node["kind"] == "bool":
        yield source.replace(node, "false" if node["value"] == "true" else "true")


def condition(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A branch that is always taken, or never."""
    if node["nodeType"] in ("IfStatement", "Conditional"):
        yield source.replace(node["condition"], "true")
        yield source.replace(node["condition"], "false")


def requirement(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A requirement turned round, or left out."""
    if calls(node, "require"):
        yield source.replace(node["arguments"][0], f"!({source.of(node['arguments'][0])})")
    if node["nodeType"] == "ExpressionStatement" and calls(node["expression"], "require"):
        yield source.replace(node, "{}")


def deletion(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A statement left out."""
    kind = node["nodeType"]
    if kind == "ExpressionStatement" and not calls(node["expression"], "require"):
        yield source.replace(node, "{}")
    if kind in ("EmitStatement", "RevertStatement", "Return"):
        yield source.replace(node, "{}")


def early_return(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A function that does nothing, and returns zeros."""
    if node["nodeType"] == "FunctionDefinition" and node.get("body"):
        statements = node["body"]["statements"]
        if len(statements) > 1:
            yield source.replace(node["body"], "{}")


def modifier(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A modifier left out."""
    if node["nodeType"] == "ModifierInvocation" and node["kind"] == "modifierInvocation":
        yield source.replace(node, "")


def assignment(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """+= for -=, = for either, ++ for --."""
    if node["nodeType"] == "Assignment":
        for other in _ASSIGNMENTS.get(node["operator"], ()):
            yield source.replace_between(node["leftHandSide"], node["rightHandSide"], node["operator"], other)
    if node["nodeType"] == "UnaryOperation" and node["operator"] in ("++", "--"):
        other = "--" if node["operator"] == "++" else "++"
        target = source.of(node["subExpression"])
        yield source.replace(node, f"{other}{target}" if node["prefix"] else f"{target}{other}")


def constant(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """A number one more, one less, or zero; a named constant one more or one less."""
    text = source.of(node)
    if node["nodeType"] == "Literal" and node["kind"] == "number" and (match := _NUMBER.match(text)):
        value, unit = int(match[1].replace("_", "")), match[2] or ""
        for other in sorted({value + 1, max(value - 1, 0), 0} - {value}):
            yield source.replace(node, f"{other}{unit}")
    if node["nodeType"] == "Identifier" and _CONSTANT_NAME.match(node["name"]) and is_integer(node):
        yield source.replace(node, f"({text} + 1)")
        yield source.replace(node, f"({text} - 1)")


def enumeration(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """The next member of an enum."""
    members = names.enum_members.get(node.get("referencedDeclaration") or -1)
    if node["nodeType"] == "MemberAccess" and members and len(members) > 1:
        following = members[(members.index(node["memberName"]) + 1) % len(members)]
        yield source.replace(node, f"{source.of(node['expression'])}.{following}")


def sibling(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """Up for down, min for max, the collateral for the loan."""
    if node["nodeType"] == "MemberAccess" and node["memberName"] in _SIBLING:
        end = span(node)[1]
        yield Edit(end - len(node["memberName"]), end, _SIBLING[node["memberName"]])
    if node["nodeType"] == "FunctionCall" and node["expression"].get("memberName") == "divUp":
        dividend, divisor = source.of(node["expression"]["expression"]), source.of(node["arguments"][0])
        yield source.replace(node, f"(({dividend}) / ({divisor}))")


def swap(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """Two neighbours of one type in each other's place."""
    if node["nodeType"] == "FunctionCall":
        arguments, callee = list(node["arguments"]), node["expression"]
        name = callee.get("memberName") or callee.get("name") or ""
        symmetric = _SYMMETRIC.get(name, frozenset())
        yield from _swapped_neighbours(arguments, symmetric, source)
        bound = callee["nodeType"] == "MemberAccess" and is_integer(callee["expression"])
        if bound and arguments and is_integer(arguments[0]) and -1 not in symmetric:
            receiver, first = source.of(callee["expression"]), source.of(arguments[0])
            rest = "".join(f", {source.of(argument)}" for argument in arguments[1:])
            yield source.replace(node, f"uint256({first}).{name}({receiver}{rest})")
    if node["nodeType"] == "TupleExpression" and not node["isInlineArray"] and not node["isLValue"]:
        yield from _swapped_neighbours([part for part in node["components"] if part], frozenset(), source)


def _swapped_neighbours(nodes: list[Node], symmetric: frozenset[int], source: SourceText) -> Iterator[Edit]:
    for position, (left, right) in enumerate(pairwise(nodes)):
        alike = type_of(left) == type_of(right) or (is_integer(left) and is_integer(right))
        if alike and position not in symmetric and source.of(left) != source.of(right):
            yield source.swap(left, right)


def assembly(node: Node, source: SourceText, names: Names) -> Iterator[Edit]:
    """lt for gt, add for sub, and for or."""
    if node["nodeType"] == "YulFunctionCall" and node["functionName"]["name"] in _YUL:
        yield source.replace(node["functionName"], _YUL[node["functionName"]["name"]])


OPERATORS: Final[Mapping[str, Operator]] = {
    operator.__name__.replace("_", "-"): operator
    for operator in (
        relational,
        arithmetic,
        boolean,
        condition,
        requirement,
        deletion,
        early_return,
        modifier,
        assignment,
        constant,
        enumeration,
        sibling,
        swap,
        assembly,
    )
}
# The ones that also look into the reasons of refusals.
IN_REASONS: Final = frozenset({"swap"})
