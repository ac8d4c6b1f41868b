"""Solidity's syntax tree, as far as mutation looks at it: nodes, where they stand, and what text they stand for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement of a stretch of the source, counted in bytes as the compiler does."""

    start: int
    end: int
    text: str

    def applied(self, source: bytes) -> str:
        return (source[: self.start] + self.text.encode() + source[self.end :]).decode()


@dataclass(frozen=True, slots=True)
class SourceText:
    """One file, and the text of its nodes."""

    content: bytes

    def of(self, node: Node) -> str:
        start, end = span(node)
        return self.content[start:end].decode()

    def between(self, start: int, end: int) -> str:
        return self.content[start:end].decode()

    def line(self, position: int) -> int:
        return self.content.count(b"\n", 0, position) + 1

    def replace(self, node: Node, text: str) -> Edit:
        return Edit(*span(node), text)

    def swap(self, left: Node, right: Node) -> Edit:
        """Both nodes, each in the other's place; ``left`` stands first."""
        (start, left_end), (right_start, end) = span(left), span(right)
        return Edit(start, end, self.of(right) + self.between(left_end, right_start) + self.of(left))

    def replace_between(self, left: Node, right: Node, old: str, new: str) -> Edit:
        """The operator ``old`` between two operands."""
        start = span(left)[1]
        at = self.content.index(old.encode(), start, span(right)[0])
        return Edit(at, at + len(old.encode()), new)


def span(node: Node) -> tuple[int, int]:
    """Where a node starts and ends, in bytes."""
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in the order of the source."""
    found = [
        child
        for value in node.values()
        for child in (value if isinstance(value, list) else [value])
        if isinstance(child, dict) and "nodeType" in child and "src" in child
    ]
    return iter(sorted(found, key=span))


def descendants(node: Node) -> Iterator[Node]:
    """The node itself and all below it, in the order of the source."""
    yield node
    for child in children(node):
        yield from descendants(child)


def type_of(node: Node) -> str:
    return str(node.get("typeDescriptions", {}).get("typeString") or "")


def is_integer(node: Node) -> bool:
    return type_of(node).removeprefix("u").startswith("int")


def calls(node: Node, name: str) -> bool:
    """Whether the node is a call of the plain function ``name``."""
    return bool(node["nodeType"] == "FunctionCall" and node["expression"].get("name") == name)
