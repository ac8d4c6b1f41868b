"""The audit's settings are complete and spelled right, or the audit does not start."""

from pathlib import Path

import pytest

from orchestrator.errors import CovenantError
from scripts.audit.policy import load_policy

COMPLETE = """
[tool.covenant.audit]
sources = "contracts"
out_of_scope = ["contracts/local"]
min_coverage_percent = 98
ercs = { Note = ["ERC721"] }
rules_off = {}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def test_a_complete_policy_is_read(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, COMPLETE))
    assert policy.ercs == {"Note": ("ERC721",)}
    assert policy.min_coverage_percent == 98.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no audit policy"),
        ("[tool", "no audit policy"),
        (COMPLETE.replace("sources", "source"), "unknown audit settings: source"),
        (COMPLETE.replace('sources = "contracts"\n', ""), "the audit setting sources is None"),
        (COMPLETE.replace("= 98", '= "high"'), "the audit setting min_coverage_percent is 'high'"),
    ],
)
def test_a_bad_policy_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CovenantError, match=message):
        load_policy(written(tmp_path, text))


def test_the_policy_of_this_repository_is_complete_and_demands_the_standards_of_the_nft() -> None:
    policy = load_policy(Path(__file__).parents[3] / "pyproject.toml")
    assert policy.ercs["CreditLineNFT"] == ("ERC721", "ERC165")
    assert policy.min_coverage_percent >= 98


def test_sources_without_a_contract_are_refused(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, COMPLETE))
    with pytest.raises(CovenantError, match="there are no contracts"):
        policy.files(tmp_path)
