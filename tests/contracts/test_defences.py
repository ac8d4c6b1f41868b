"""The registry of defences is whole and true; taking a defence out is told from taking out nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.audit.bench.compiler import open_compiler
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import set_up
from scripts.audit.defences.registry import REGISTRY, Change, Defence, complaints, names, read_registry
from scripts.audit.defences.removal import Removal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(ROOT)


@pytest.fixture(scope="module")
def defences() -> list[Defence]:
    return read_registry(ROOT / REGISTRY)[0]


def test_every_pitfall_invariant_and_rule_has_a_test_that_names_it_and_a_change_that_can_be_made(
    sources: Sources,
) -> None:
    assert list(complaints(*read_registry(ROOT / REGISTRY), sources)) == []


def test_what_is_missing_or_untrue_is_told(sources: Sources, defences: list[Defence]) -> None:
    _, rules = read_registry(ROOT / REGISTRY)
    first, *others = defences
    change = first.changes[0]
    wrong = [
        replace(first, id="pitfall 99"),
        replace(first, test="Draw.t.sol:DrawTest.test_nothing"),
        replace(first, test="Nowhere.t.sol:DrawTest.test_nothing"),
        replace(first, test="Draw.t.sol:DrawTest.test_only_the_borrower_draws"),
        replace(first, changes=(Change(change.file, "no such text", ""),)),
    ]
    without_invariants = [defence for defence in others if not defence.id.startswith("invariant")]
    told = "\n".join(complaints(wrong + without_invariants, rules, sources))
    assert "pitfall 99: is nothing that is demanded" in told
    assert "invariant 14: has no defence" in told
    assert "there is no Draw.t.sol:DrawTest.test_nothing" in told
    assert "there is no tests/contracts/Nowhere.t.sol" in told
    assert "DrawTest.test_only_the_borrower_draws does not name it" in told
    assert "has 0 times 'no such text'" in told


@pytest.mark.parametrize(
    ("comment", "id_", "named"),
    [
        ("    /// Pitfall 9: exact", "pitfall 9", True),
        ("    /// Pitfalls 1 and 36", "pitfall 36", True),
        ("    /// Invariants 9, 10, 11 and 14, in one campaign", "invariant 11", True),
        ("    /// Pitfall 19", "pitfall 9", False),
        ("    /// @custom:rule draw-within-target, draw-above-the-minimum", "rule draw-above-the-minimum", True),
        ("    /// @custom:rule draw-within-target", "rule draw-within", False),
    ],
)
def test_a_test_names_what_it_defends(comment: str, id_: str, named: bool) -> None:
    assert names(comment, id_) is named


def test_a_defence_taken_out_fails_its_test_and_nothing_taken_out_does_not(
    sources: Sources, defences: list[Defence], tmp_path: Path
) -> None:
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    defence = next(defence for defence in defences if defence.id == "rule measuring-takes-the-higher-price")
    change = defence.changes[0]
    idle = replace(defence, changes=(replace(change, new=f"{change.old} // as before"),))
    with open_compiler() as compiler:
        removal = Removal(compiler, set_up(ROOT, tmp_path / "copy", forge, sources), sources)
        assert removal.of(defence) == ""
        assert removal.of(idle) == f"{defence.test} passes without it"
