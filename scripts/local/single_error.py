"""A task group that is a detail: whoever uses it gets the error itself, not a group of one."""

from collections.abc import Iterator
from contextlib import contextmanager

from orchestrator.errors import CovenantError


@contextmanager
def single_error() -> Iterator[None]:
    """Raises the one error of a group that matters most: one meant for people before any other."""
    try:
        yield
    except BaseExceptionGroup as group:
        errors = list(_leaves(group))
        raise next((error for error in errors if isinstance(error, CovenantError)), errors[0]) from None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
