"""Mutation testing tells what tests notice from what they cannot, and names mutants for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import CovenantError
from scripts.audit.bench.compiler import Compiler, open_compiler
from scripts.audit.bench.sources import Sources
from scripts.audit.bench.workbench import set_up
from scripts.audit.mutation.campaign import find_target, list_mutants
from scripts.audit.mutation.mutants import Mutant, mutants_of
from scripts.audit.mutation.store import Fingerprints, Outcome, Store
from scripts.audit.mutation.survivors import read_explanations
from scripts.audit.mutation.trial import Trial

ROOT = Path(__file__).parents[2]
TARGETS = ("CreditVault", "Escrow", "RepayTrigger", "OracleAdapter")
EXPLANATIONS = ROOT / "tests" / "contracts" / "survivors.toml"


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(ROOT)


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    with open_compiler() as opened:
        yield opened


@pytest.fixture(scope="module")
def mutants(sources: Sources, compiler: Compiler) -> list[Mutant]:
    return list_mutants([find_target(name, sources) for name in TARGETS], sources, compiler)


def changed(sources: Sources, old: str, new: str) -> Mutant:
    """A mutant of the oracle adapter made by hand."""
    file = "contracts/oracle/OracleAdapter.sol"
    assert sources.text(file).count(old) == 1
    return Mutant(
        f"OracleAdapter.byHand/{new}", "OracleAdapter", file, 1, old, new, sources.text(file).replace(old, new)
    )


def test_a_known_fault_is_killed_a_known_equivalent_survives_and_nonsense_does_not_count(
    sources: Sources, compiler: Compiler, tmp_path: Path
) -> None:
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    trial = Trial(compiler, set_up(ROOT, tmp_path / "copy", forge, sources), sources, timeout_s=100)
    deployed = find_target("OracleAdapter", sources).deployed
    within = "return priceE36 >= _minPriceE36"

    fault = trial.of(changed(sources, within, "return priceE36 > _minPriceE36"), deployed, ["OracleAdapterTest"])
    equivalent = trial.of(
        changed(sources, within, "return priceE36 + 0 >= _minPriceE36"), deployed, ["OracleAdapterTest"]
    )
    nonsense = trial.of(changed(sources, within, "return priceE36"), deployed, ["OracleAdapterTest"])

    assert (fault.outcome, fault.suite) == (Outcome.KILLED, "OracleAdapterTest")
    assert equivalent.outcome is Outcome.SURVIVED
    assert nonsense.outcome is Outcome.INVALID


def test_mutants_have_names_of_their_own_and_change_something(sources: Sources, mutants: list[Mutant]) -> None:
    assert len({mutant.id for mutant in mutants}) == len(mutants) > 1000
    assert all(mutant.source != sources.text(mutant.file) for mutant in mutants)


def test_an_edit_elsewhere_changes_no_name(sources: Sources, compiler: Compiler) -> None:
    target = find_target("Escrow", sources)
    closure = sources.closure(target.file)
    before = mutants_of("Escrow", target.file, compiler.syntax_trees(closure), closure[target.file])
    text = closure[target.file].replace(
        "abstract contract Escrow", "// A line more, ≥ 1 byte wide.\nabstract contract Escrow"
    )
    after = mutants_of("Escrow", target.file, compiler.syntax_trees({**closure, target.file: text}), text)
    assert [mutant.id for mutant in after] == [mutant.id for mutant in before]
    assert [mutant.change for mutant in after] == [mutant.change for mutant in before]


def test_every_explanation_is_of_a_mutant_that_exists(mutants: list[Mutant]) -> None:
    assert set(read_explanations(EXPLANATIONS)) <= {mutant.id for mutant in mutants}


def test_an_explanation_says_why(tmp_path: Path) -> None:
    (tmp_path / "survivors.toml").write_text('[[survivor]]\nid = "Escrow._pull/swap/123456"\nwhy = "equivalent"\n')
    with pytest.raises(CovenantError, match="does not say why"):
        read_explanations(tmp_path / "survivors.toml")


def test_a_result_counts_until_the_mutant_or_the_test_that_killed_it_changes(sources: Sources, tmp_path: Path) -> None:
    mutant = changed(sources, "return priceE36 >= _minPriceE36", "return priceE36 > _minPriceE36")
    other = changed(sources, "return priceE36 >= _minPriceE36", "return priceE36 < _minPriceE36")
    store = Store(tmp_path / "results.jsonl", Fingerprints(sources, "settings"))
    kept = store.keep(mutant, Outcome.KILLED, "OracleAdapterTest", "test_bounds")

    assert Store(tmp_path / "results.jsonl", Fingerprints(sources, "settings")).lookup(mutant) == kept
    assert Store(tmp_path / "results.jsonl", Fingerprints(sources, "settings")).lookup(other) is None
    assert Store(tmp_path / "results.jsonl", Fingerprints(sources, "other settings")).lookup(mutant) is None
