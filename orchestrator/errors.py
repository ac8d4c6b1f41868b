"""The errors that a person gets to read: one line that says what is wrong, and a hint that says what to do."""

import copyreg
from typing import Any


class CovenantError(Exception):
    """Something a person can act on. ``message`` is one line; ``hint`` says what to do about it.

    It can be pickled whatever its subclass is made from, so that one process can tell another of it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})"
