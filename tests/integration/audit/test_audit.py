"""The real tools on a small project of their own: what makes an audit fail, and what lets it pass."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import CovenantError
from scripts.audit.tools import find_tools
from scripts.audit.workplace import open_workplace

REPOSITORY = Path(__file__).parents[3]
COVENANT = Path(sys.executable).parent / "covenant"

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / ".venv-audit/bin/slither").exists(),
    reason="the audit tools are not installed: make .venv-audit/.stamp",
)

FOUNDRY = f"""
[profile.default]
src = "contracts"
test = "tests"
out = "out"
cache_path = "build/cache"
libs = ["node_modules"]
remappings = [
    "@openzeppelin/=node_modules/@openzeppelin/",
    "contracts/=contracts/",
    "forge-std/=node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/",
]
auto_detect_remappings = false
solc = "{REPOSITORY}/scripts/solc/solc.mjs"
offline = true
evm_version = "cancun"
deny = "warnings"
ignored_error_codes = [4591, 6335]
ignored_warnings_from = ["node_modules"]

[profile.release]
out = "build/release"
cache_path = "build/release-cache"
"""

POLICY = """
[tool.covenant.audit]
sources = "contracts"
out_of_scope = ["contracts/local"]
min_coverage_percent = 100
ercs = {}
rules_off = {}
"""

HEADER = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.28;\n\n"

# The withdrawal pays before it writes, so that whoever is paid can withdraw again.
VULNERABLE = """contract Till {
    mapping(address => uint256) public balanceOf;

    function put() external payable {
        balanceOf[msg.sender] += msg.value;
    }

    function takeAll() external {
        // audit: low-level-calls: ether has no other way to move
        // slither-disable-next-line low-level-calls
        (bool paid,) = msg.sender.call{value: balanceOf[msg.sender]}("");
        if (!paid) revert();
        balanceOf[msg.sender] = 0;
    }
}
"""

REASON = "        // audit: reentrancy-eth: only this test ever pays into it\n"
SILENCE = "        // slither-disable-next-line low-level-calls"

NOTE = """import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

contract Note is ERC721 {
    constructor() ERC721("Note", "NOTE") {}
}
"""

STALE = """contract Stale {
    uint256 public total;

    function count() external {
        // audit: reentrancy-eth: only this test ever pays into it
        // slither-disable-next-line reentrancy-eth
        total = 1;
    }
}
"""

TALKATIVE = """import {console} from "forge-std/console.sol"; // solhint-disable-line no-console

contract Talk {
    function talk() external pure {}
}
"""

HALF_TESTED = """contract Scale {
    function side(uint256 weight) external pure returns (uint256) {
        if (weight > 10) {
            return 1;
        } else {
            return 2;
        }
    }
}
"""

SCALE_TEST = """import {Test} from "forge-std/Test.sol";
import {Scale} from "contracts/Scale.sol";

contract ScaleTest is Test {
    function test_side() external {
        assertEq(new Scale().side(11), 1);
    }
}
"""


@dataclass(frozen=True)
class Outcome:
    """How `covenant audit` ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.stdout)
        return report

    @property
    def error(self) -> dict[str, str]:
        """What a person is told when the audit could not look."""
        error: dict[str, str] = json.loads(self.stderr.splitlines()[-1])["error"]
        return error

    @property
    def open(self) -> list[tuple[str, str]]:
        """Rule and first place of each open finding, without the file's folder."""
        return [(finding["rule"], finding["places"][0].split("/")[-1]) for finding in self.report["open"]]


@dataclass(frozen=True)
class Project:
    """A forge project in a folder of its own, with the tools of this repository."""

    root: Path

    def write(self, path: str, body: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEADER + body)

    def audit(self, *options: str) -> Outcome:
        command = [str(COVENANT), "audit", "--root", str(self.root), "--json", *options]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
        return Outcome(run.returncode, run.stdout, run.stderr)


def new_project(root: Path, **policy: str) -> Project:
    """An empty project whose audit settings are those of POLICY, but for ``policy``."""
    lines = [line for line in POLICY.splitlines() if line.partition(" = ")[0] not in policy]
    lines += [f"{key} = {value}" for key, value in policy.items()]
    (root / "node_modules").symlink_to(REPOSITORY / "node_modules")
    (root / ".solhint.json").write_text('{"rules": {"no-console": "error", "func-visibility": "error"}}')
    (root / "foundry.toml").write_text(FOUNDRY)
    (root / "pyproject.toml").write_text("\n".join(lines))
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One audit of one contract for each way to fail."""
    demanded = '{ Note = ["ERC721", "ERC165"], Stale = ["ERC165"] }'
    project = new_project(tmp_path_factory.mktemp("failed"), ercs=demanded)
    project.write("contracts/Till.sol", VULNERABLE)
    project.write("contracts/Silenced.sol", renamed("Silenced").replace(SILENCE, SILENCE + ",reentrancy-eth"))
    project.write("contracts/Stale.sol", STALE)
    project.write("contracts/Talk.sol", TALKATIVE)
    project.write("contracts/Note.sol", NOTE)
    project.write("contracts/local/LocalTill.sol", renamed("LocalTill"))
    return project.audit("--check", "static")


def renamed(name: str) -> str:
    """The vulnerable contract under another name."""
    return VULNERABLE.replace("contract Till", f"contract {name}")


def test_a_reentrant_withdrawal_fails_the_audit(failed: Outcome) -> None:
    assert failed.code == 1
    assert ("reentrancy-eth", "Till.sol:11") in failed.open
    assert failed.report["open"][0]["severity"] == "High"


def test_the_same_finding_passes_with_a_reason_beside_the_code(project: Project) -> None:
    project.write("contracts/Till.sol", VULNERABLE.replace(SILENCE, REASON + SILENCE + ",reentrancy-eth"))
    outcome = project.audit("--check", "static")
    assert (outcome.code, outcome.open) == (0, [])
    reasons = {finding["rule"]: finding["why"] for finding in outcome.report["justified"]}
    assert reasons["reentrancy-eth"] == "only this test ever pays into it"
    page = (project.root / "build/audit/report.md").read_text()
    assert "**Passed.**" in page
    assert "only this test ever pays into it" in page


def test_silencing_slither_without_a_reason_fails(failed: Outcome) -> None:
    assert ("no-reason", "Silenced.sol:13") in failed.open
    assert ("reentrancy-eth", "Silenced.sol:11") in failed.open


def test_silencing_solhint_without_a_reason_fails(failed: Outcome) -> None:
    assert ("no-reason", "Talk.sol:4") in failed.open
    assert ("no-console", "Talk.sol:4") in failed.open


def test_a_reason_that_outlives_its_finding_fails(failed: Outcome) -> None:
    assert ("unused", "Stale.sol:9") in failed.open


def test_local_contracts_are_out_of_scope_and_said_to_be(failed: Outcome) -> None:
    assert not [place for _, place in failed.open if place.startswith("LocalTill.sol")]
    assert failed.report["scope"]["out_of_scope"] == ["contracts/local"]
    assert failed.report["out_of_scope_findings"] >= 1


def test_a_contract_that_lacks_a_function_of_its_standard_fails_and_a_conforming_one_does_not(failed: Outcome) -> None:
    [missing] = [finding for finding in failed.report["open"] if finding["tool"] == "slither-check-erc"]
    assert missing["rule"] == "ERC165-missing-function"
    assert missing["message"] == "Stale is no ERC165: supportsInterface(bytes4) is missing"


def test_a_standard_demanded_of_a_contract_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    project = new_project(tmp_path, ercs='{ Note = ["ERC721"] }')
    project.write("contracts/Empty.sol", "contract Empty {}\n")
    outcome = project.audit("--check", "static")
    assert outcome.code == 1
    assert "Contract not found: Note" in outcome.error["message"]


def test_coverage_below_the_bar_fails_and_the_bar_can_be_set(project: Project) -> None:
    project.write("contracts/Scale.sol", HALF_TESTED)
    project.write("tests/Scale.t.sol", SCALE_TEST)
    outcome = project.audit("--check", "coverage")
    assert outcome.code == 1
    assert [rule for rule, _ in outcome.open] == ["branches", "lines"]
    [scale] = outcome.report["checks"]["coverage"]["files"]
    assert (scale["lines"], scale["lines_hit"], scale["lines_missed"]) == (4, 3, [9])
    assert (scale["branches"], scale["branches_hit"]) == (2, 1)
    assert project.audit("--check", "coverage", "--min-coverage", "50").code == 0


def test_failing_solidity_tests_are_an_error_and_not_a_coverage(project: Project) -> None:
    project.write("contracts/Scale.sol", HALF_TESTED)
    project.write("tests/Scale.t.sol", SCALE_TEST.replace("side(11), 1", "side(11), 7"))
    outcome = project.audit("--check", "coverage")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "test_side()" in outcome.error["message"]


def test_contracts_that_do_not_compile_are_one_clear_error(project: Project) -> None:
    project.write("contracts/Till.sol", "contract Till {\n    uint256 total = cash;\n}\n")
    outcome = project.audit("--check", "static")
    assert outcome.code == 1
    assert "Undeclared identifier" in outcome.error["message"]
    assert "contracts/Till.sol:5" in outcome.error["message"]
    assert outcome.error["hint"] == "run make build and correct them"


def test_an_audit_that_could_not_look_leaves_no_report_of_an_earlier_one(project: Project) -> None:
    folder = project.root / "build" / "audit"
    folder.mkdir(parents=True)
    for name in ("report.md", "report.json"):
        (folder / name).write_text("passed")
    project.write("contracts/Till.sol", "contract Till {")
    assert project.audit("--check", "static").code == 1
    assert list(folder.glob("report.*")) == []


def test_two_audits_of_one_project_do_not_disturb_each_other(project: Project) -> None:
    project.write("contracts/Till.sol", "contract Till {}")
    with open_workplace(project.root / "build" / "audit"):
        second = project.audit("--check", "static")
    assert second.code == 1
    assert "another audit is at work" in second.error["message"]


def test_the_size_of_every_release_contract_is_reported(project: Project) -> None:
    project.write("contracts/Till.sol", VULNERABLE)
    outcome = project.audit("--check", "sizes")
    assert outcome.code == 0
    sizes = outcome.report["checks"]["sizes"]["contracts"]
    assert list(sizes) == ["Till"]
    assert 0 < sizes["Till"]["runtime_bytes"] < sizes["Till"]["creation_bytes"]


def test_an_audit_without_its_tools_says_which_and_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(CovenantError) as refused:
        find_tools(tmp_path, {})
    assert "forge" in refused.value.message
    assert refused.value.hint == "run make setup"
