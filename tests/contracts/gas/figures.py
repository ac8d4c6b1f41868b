"""Budgets, and the figures that were accepted last."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SNAPSHOT: Final = Path(__file__).parent / "snapshot.json"

BUDGETS: Final[Mapping[str, int]] = {
    "open_first": 280_000,
    "open": 250_000,
    "deposit": 75_000,
    "draw_first": 110_000,
    "draw": 110_000,
    "repay_part": 85_000,
    "repay_full": 85_000,
    "withdraw_no_debt": 65_000,
    "withdraw_debt": 90_000,
    "liquidate": 140_000,
    "liquidate_with_reserve": 140_000,
    "trigger_reserve_first": 130_000,
    "trigger_reserve": 125_000,
    "trigger_batch_each": 55_000,
}
"""The most that a whole transaction may use; of a batch its share for each item."""


def read_snapshot(path: Path = SNAPSHOT) -> dict[str, int]:
    """The accepted figures by operation."""
    accepted: dict[str, int] = json.loads(path.read_text())
    return accepted


def write_figures(path: Path, figures: Mapping[str, int]) -> None:
    """A flat object of operations and gas."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")


def over_budget(figures: Mapping[str, int]) -> list[str]:
    """A sentence for each figure that exceeds its budget."""
    return [
        f"{operation} uses {figures[operation]:,} gas, {figures[operation] - budget:,} over its budget of {budget:,}"
        for operation, budget in BUDGETS.items()
        if figures[operation] > budget
    ]


def grown(figures: Mapping[str, int], accepted: Mapping[str, int]) -> list[str]:
    """A sentence for each figure that is greater than the accepted one, and for each that only one side has."""
    told = [
        f"{operation} grew by {figures[operation] - before:,} gas, from {before:,} to {figures[operation]:,}"
        for operation, before in accepted.items()
        if operation in figures and figures[operation] > before
    ]
    missing = [f"{operation} is no longer measured" for operation in accepted if operation not in figures]
    new = [f"{operation} is not in the snapshot" for operation in figures if operation not in accepted]
    return told + missing + new
