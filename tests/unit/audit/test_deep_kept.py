"""What passed a deep run is run again as soon as anything of it would compile to something else, and not before."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import CovenantError
from scripts.audit.bench.sources import Sources
from scripts.audit.deep.codes import Codes
from scripts.audit.deep.kept import Kept, fingerprint, settings_of
from scripts.audit.deep.plan import plan

REPOSITORY = Path(__file__).parents[3]

SETTINGS = "[profile.default]\nremappings = []\n[profile.deep]\noptimizer_runs = 200\n"
SOURCES = {
    "tests/Vault.t.sol": 'import {Fixture} from "./support/Fixture.sol";\ncontract VaultTest is Fixture {}',
    "tests/Feed.t.sol": "contract FeedTest {}",
    "tests/support/Fixture.sol": 'contract Fixture { function set() { deployCode("Vault.sol", abi.encode(1)); } }',
    "contracts/Vault.sol": 'contract Vault { string note = "Note.sol:Note"; }',
    "contracts/Note.sol": "contract Note {}",
    "contracts/Maths.sol": "library Maths {}",
}
CODES = {
    "tests/Vault.t.sol:VaultTest": "0x01",
    "tests/Vault.t.sol:OtherTest": "0x02",
    "tests/Feed.t.sol:FeedTest": "0x03",
    "contracts/Vault.sol:Vault": "0x04",
    "contracts/Note.sol:Note": "0x05",
    "contracts/Maths.sol:Maths": "0x06",
}
LISTING = json.dumps(
    {"tests/Vault.t.sol": {"VaultTest": ["test_a"]}, "tests/Feed.t.sol": {"FeedTest": ["testFuzz_b", "invariant_c"]}}
)
JOBS = plan(LISTING, first_seed=1)


def prints(
    root: Path,
    *changes: tuple[str, str],
    links: str = "",
    compiler: str = "0.8.37",
    settings: str = SETTINGS,
    forge: str = "forge 1",
) -> dict[str, str]:
    """The fingerprint of each suite's first job after ``changes`` to compiled codes; Vault is linked to ``links``."""
    for name, text in {**SOURCES, "foundry.toml": SETTINGS}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for place, code in {**CODES, **dict(changes)}.items():
        source, contract = place.split(":")
        linked: dict[str, object] = {links: {}} if links and contract == "Vault" else {}
        artifact = {
            "bytecode": {"object": code, "linkReferences": linked},
            "metadata": {"compiler": {"version": compiler}, "settings": {"compilationTarget": {source: contract}}},
        }
        path = root / "out" / Path(source).name / f"{contract}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(artifact))
    codes = Codes(root / "out", Sources(root))
    return {job.suite: fingerprint(job, codes, settings_of(settings), forge) for job in reversed(JOBS)}


def changed(root: Path, *changes: tuple[str, str], links: str = "") -> set[str]:
    """The suites whose jobs are to run again after these changes."""
    before, after = prints(root, links=links), prints(root, *changes, links=links)
    return {suite for suite, print_ in after.items() if before[suite] != print_}


def test_a_suite_whose_code_changes_runs_again_and_no_other(tmp_path: Path) -> None:
    assert changed(tmp_path, ("tests/Feed.t.sol:FeedTest", "0xff")) == {"FeedTest"}
    assert changed(tmp_path, ("tests/Vault.t.sol:OtherTest", "0xff")) == set()


def test_a_contract_deployed_by_name_counts_where_it_is_deployed(tmp_path: Path) -> None:
    """Its name stands in what the suite imports."""
    assert changed(tmp_path, ("contracts/Vault.sol:Vault", "0xff")) == {"VaultTest"}


def test_what_a_contract_deployed_by_name_deploys_by_name_counts_too(tmp_path: Path) -> None:
    assert changed(tmp_path, ("contracts/Note.sol:Note", "0xff")) == {"VaultTest"}


def test_a_linked_library_counts_where_it_is_called(tmp_path: Path) -> None:
    maths = ("contracts/Maths.sol:Maths", "0xff")
    assert changed(tmp_path, maths) == set()
    assert changed(tmp_path, maths, links="contracts/Maths.sol") == {"VaultTest"}


def test_other_tools_or_settings_forget_everything(tmp_path: Path) -> None:
    before = prints(tmp_path)
    others = (
        prints(tmp_path, forge="forge 2"),
        prints(tmp_path, compiler="0.8.38"),
        prints(tmp_path, settings=SETTINGS.replace("200", "201")),
    )
    for after in others:
        assert not set(before.values()) & set(after.values())
    assert prints(tmp_path, settings=f"{SETTINGS}\n# said\n[fmt]\nline_length = 120\n") == before


def test_another_seed_number_of_runs_or_test_is_another_job(tmp_path: Path) -> None:
    prints(tmp_path)
    codes = Codes(tmp_path / "out", Sources(tmp_path))
    job = next(job for job in JOBS if job.test == "testFuzz_b")
    others = (replace(job, seed=2), replace(job, settings=(("FUZZ_RUNS", "9"),)), replace(job, test="testFuzz_c"))
    assert len({fingerprint(each, codes, "", "") for each in (job, *others)}) == 4


def test_a_suite_that_is_not_compiled_is_not_taken_for_unchanged(tmp_path: Path) -> None:
    prints(tmp_path)
    with pytest.raises(CovenantError, match="is not compiled"):
        Codes(tmp_path / "out", Sources(tmp_path)).fingerprint("tests/New.t.sol", "NewTest")


def test_what_passed_is_kept_between_runs_by_its_fingerprint(tmp_path: Path) -> None:
    first, second = JOBS[0], JOBS[1]
    Kept(tmp_path / "deep" / "passed.json").add(first, "1")
    again = Kept(tmp_path / "deep" / "passed.json")
    assert again.left([(first, "1"), (second, "1")]) == [(second, "1")]
    assert again.left([(first, "2")]) == [(first, "2")]


_DEPLOYS = re.compile(r"\b(?:deployCode(?:To)?|get(?:Deployed)?Code|this\.create)\(\s*(?!\")[^)]*\)")
_BARE = re.compile(r"\b(?:deployCode(?:To)?|get(?:Deployed)?Code|this\.create)\(\s*\"(?![\w.]+\.sol(?::\w+)?\")[^)]*\)")


def test_our_tests_name_what_they_deploy_by_its_file_where_it_can_be_found() -> None:
    """Else an edit of it could go unseen. One function passes on a name that its callers write out."""
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests" / "contracts").rglob("*.sol")]
    assert [call for text in texts for call in _DEPLOYS.findall(text)] == ["getCode(artifact)"]
    assert [call for text in texts for call in _BARE.findall(text)] == []
