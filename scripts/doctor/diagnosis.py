"""What a check says: one line, how bad it is, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import CovenantError


class Grade(StrEnum):
    """How a check ended. SKIPPED could not be looked at because of a failure above it."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``subject`` is what was looked at, ``found`` one line about it, ``remedy`` what to do; empty when all is well."""

    area: str
    subject: str
    grade: Grade
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the diagnoses of one area."""

    name: str

    def ok(self, subject: str, found: str) -> Diagnosis:
        return Diagnosis(self.name, subject, Grade.OK, found)

    def warn(self, subject: str, found: str, remedy: str) -> Diagnosis:
        return Diagnosis(self.name, subject, Grade.WARN, found, remedy)

    def fail(self, subject: str, found: str, remedy: str) -> Diagnosis:
        return Diagnosis(self.name, subject, Grade.FAIL, found, remedy)

    def skipped(self, subject: str, needs: str) -> Diagnosis:
        return Diagnosis(self.name, subject, Grade.SKIPPED, f"not checked: needs {needs}")

    def failed(self, subject: str, error: CovenantError) -> Diagnosis:
        """An error that was meant for people already."""
        return self.fail(subject, error.message, error.hint)
