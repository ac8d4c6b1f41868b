"""What operations cost: within their budgets, and never more than what was accepted."""

import json
from pathlib import Path

import pytest

from tests.contracts.gas.figures import grown, over_budget, read_snapshot, write_figures
from tests.contracts.gas.scenarios import measure
from tests.contracts.support.anvil_chain import anvil_chain


def test_no_operation_costs_more_than_its_budget_or_than_was_accepted(anvil: str) -> None:
    with anvil_chain(anvil) as chain:
        figures = {one.operation: one.gas for one in measure(chain)}
    assert over_budget(figures) == []
    assert grown(figures, read_snapshot()) == [], "make gas shows all of it; make gas ACCEPT=1 accepts it"


def test_growth_is_told_with_the_amount_and_shrinking_is_welcome() -> None:
    accepted = {"open": 200, "draw": 100, "repay": 50}
    assert grown({"open": 250, "draw": 99, "repay": 50}, accepted) == ["open grew by 50 gas, from 200 to 250"]


def test_an_operation_that_only_one_side_has_is_an_objection() -> None:
    assert grown({"open": 1, "new": 1}, {"open": 1, "gone": 1}) == [
        "gone is no longer measured",
        "new is not in the snapshot",
    ]


def test_a_budget_is_exceeded_by_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.contracts.gas.figures.BUDGETS", {"open": 280_000})
    assert over_budget({"open": 280_000}) == []
    assert over_budget({"open": 280_001}) == ["open uses 280,001 gas, 1 over its budget of 280,000"]


def test_figures_are_written_as_a_flat_object(tmp_path: Path) -> None:
    write_figures(tmp_path / "build" / "gas.json", {"open": 1, "draw": 2})
    assert json.loads((tmp_path / "build" / "gas.json").read_text()) == {"open": 1, "draw": 2}
