"""Coverage and sizes, read from what the tools write."""

import dataclasses
import json
from pathlib import Path

import pytest

from scripts.audit.coverage import Covered, FileCoverage, below, percent, read_lcov
from scripts.audit.policy import Policy
from scripts.audit.report import ranges
from scripts.audit.sizes import MAX_CREATION_BYTES, MAX_RUNTIME_BYTES, measure, oversized

POLICY = Policy("contracts", ("contracts/local",), {}, {}, 98)

TRACEFILE = """TN:
SF:contracts/Till.sol
DA:7,1
FN:7,Till.put
FNDA:1,Till.put
DA:8,12
DA:11,0
BRDA:12,0,0,-
BRDA:13,1,0,0
BRDA:13,1,1,4
end_of_record
TN:
SF:contracts/Bank.sol
DA:3,1
end_of_record
"""


def test_an_lcov_tracefile_gives_lines_and_branches_by_file() -> None:
    bank, till = read_lcov(TRACEFILE)
    assert bank == FileCoverage("contracts/Bank.sol", 1, 1, 0, 0, (), ())
    assert till == FileCoverage(
        path="contracts/Till.sol",
        lines=3,
        lines_hit=2,
        branches=3,
        branches_hit=1,
        lines_missed=(11,),
        branches_missed=(12, 13),
    )


def test_percent_rounds_down_so_that_a_hundred_means_everything() -> None:
    assert percent(99_999, 100_000) == 99.99
    assert percent(7, 7) == 100
    assert percent(0, 0) == 100


def test_files_are_weighed_by_their_lines_not_averaged() -> None:
    assert Covered.of(read_lcov(TRACEFILE)) == Covered(lines_percent=75.0, branches_percent=33.33)


@pytest.mark.parametrize(
    ("lines", "branches", "rules"),
    [(98, 98, []), (97.99, 100, ["lines"]), (100, 97.99, ["branches"]), (0, 0, ["lines", "branches"])],
)
def test_either_measure_below_the_bar_is_a_finding(lines: float, branches: float, rules: list[str]) -> None:
    assert [finding.rule for finding in below(Covered(lines, branches), POLICY)] == rules


def artifact(folder: Path, source: str, name: str, runtime_bytes: int, functions: int = 1) -> None:
    file = folder / f"{name}.sol" / f"{name}.json"
    file.parent.mkdir(parents=True)
    content = {
        "metadata": {"settings": {"compilationTarget": {source: name}}},
        "methodIdentifiers": {f"take{number}()": "00000000" for number in range(functions)},
        "deployedBytecode": {"object": "0x" + "00" * runtime_bytes},
        "bytecode": {"object": "0x" + "00" * (runtime_bytes * 2)},
    }
    file.write_text(json.dumps(content))


def test_sizes_are_of_contracts_that_can_be_called_are_in_scope_and_still_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("Till", "IBank", "MathLib"):
        source = tmp_path / "contracts" / f"{name}.sol"
        source.parent.mkdir(exist_ok=True)
        source.touch()
    artifact(out, "contracts/Till.sol", "Till", 100)
    artifact(out, "contracts/IBank.sol", "IBank", 0)
    artifact(out, "contracts/MathLib.sol", "MathLib", 3, functions=0)
    artifact(out, "contracts/Removed.sol", "Removed", 100)
    artifact(out, "contracts/local/Faucet.sol", "Faucet", 100)
    artifact(out, "node_modules/a/ERC20.sol", "ERC20", 100)
    till = {"source": "contracts/Till.sol", "runtime_bytes": 100, "creation_bytes": 200}
    assert measure(tmp_path, out, POLICY) == {"Till": till}


def test_a_contract_at_the_limit_passes_and_one_byte_more_does_not() -> None:
    largest = {"source": "a.sol", "runtime_bytes": MAX_RUNTIME_BYTES, "creation_bytes": MAX_CREATION_BYTES}
    assert oversized({"A": largest}) == []
    assert [finding.rule for finding in oversized({"A": {**largest, "runtime_bytes": 24_577}})] == ["EIP-170"]
    assert [finding.rule for finding in oversized({"A": {**largest, "creation_bytes": 49_153}})] == ["EIP-3860"]


def test_line_numbers_are_shown_as_ranges() -> None:
    assert ranges([1, 3, 4, 5, 9]) == "1, 3–5, 9"
    assert ranges([]) == ""


def test_the_policy_knows_what_is_in_scope() -> None:
    assert POLICY.covers("contracts/libraries/MathLib.sol")
    assert not POLICY.covers("contracts/local/Faucet.sol")
    assert not POLICY.covers("contracts-old/Till.sol")
    assert dataclasses.replace(POLICY, out_of_scope=()).covers("contracts/local/Faucet.sol")
