"""The errors that a person gets to read: one line that says what is wrong, and a hint that says what to do."""


class CovenantError(Exception):
    """Something a person can act on. ``message`` is one line; ``hint`` says what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})"
