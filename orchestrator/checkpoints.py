"""Named steps that a process passes: places at which a crash must do no harm. Tests stop the process there."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Reached = Callable[[StrEnum], None]


def pass_by(step: StrEnum) -> None:
    """What production does at every step: nothing."""
