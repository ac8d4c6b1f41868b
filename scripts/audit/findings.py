"""What a check found, and where."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a source file. ``path`` is relative to the project; line zero means the file as a whole."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint of one tool. ``places`` are all the lines it speaks of, the main one first."""

    tool: str
    rule: str
    severity: str
    message: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said of the whole project: its findings, unjudged, and the figures worth reporting.

    ``summary`` is one line for people, of what cannot be seen from the number of findings.
    """

    name: str
    version: str
    findings: tuple[Finding, ...]
    summary: str
    facts: dict[str, Any]
