"""A finding is kept by one reason beside the code, and by nothing else."""

import pytest

from scripts.audit.findings import Place
from scripts.audit.justifications import Justification, read_justifications

RULES = {"slither": {"reentrancy-eth", "timestamp"}, "solhint": {"no-inline-assembly"}}
WHY = "the guard holds, and the token is allow-listed"


def breaches_of(*lines: str) -> list[tuple[str, int]]:
    """Rule and line of each breach in a source of these lines."""
    _, breaches = read_justifications("contracts/Till.sol", "\n".join(lines), RULES)
    return [(breach.rule, breach.places[0].line) for breach in breaches]


def test_a_reason_above_a_disable_comment_justifies_one_rule_on_the_next_line() -> None:
    justifications, breaches = read_justifications(
        "contracts/Till.sol",
        f"""contract Till {{
    // audit: reentrancy-eth: {WHY}
    // slither-disable-next-line reentrancy-eth
    function take() external {{}}
}}""",
        RULES,
    )
    assert breaches == []
    assert justifications == [
        Justification(
            tool="slither",
            rule="reentrancy-eth",
            covers=Place("contracts/Till.sol", 4),
            stands_at=Place("contracts/Till.sol", 3),
            why=WHY,
        )
    ]


def test_a_disable_line_comment_covers_its_own_line() -> None:
    justifications, breaches = read_justifications(
        "contracts/Till.sol",
        f"// audit: no-inline-assembly: {WHY}\nassembly {{ // solhint-disable-line no-inline-assembly\n}}",
        RULES,
    )
    assert breaches == []
    assert [justification.covers.line for justification in justifications] == [2]


def test_two_rules_on_one_line_need_two_reasons() -> None:
    both = "// slither-disable-next-line reentrancy-eth,timestamp"
    assert breaches_of(f"// audit: timestamp: {WHY}", both) == [("no-reason", 2)]
    assert breaches_of(f"// audit: reentrancy-eth: {WHY}", f"// audit: timestamp: {WHY}", both) == []


def test_a_disable_comment_without_a_reason_is_a_breach() -> None:
    assert breaches_of("// slither-disable-next-line timestamp") == [("no-reason", 1)]


def test_a_reason_that_is_not_in_the_same_block_of_comments_does_not_count() -> None:
    lines = (f"// audit: timestamp: {WHY}", "uint256 x;", "// slither-disable-next-line timestamp")
    assert breaches_of(*lines) == [("no-reason", 3), ("stray-reason", 1)]


def test_a_reason_that_says_nothing_is_a_breach() -> None:
    assert breaches_of("// audit: timestamp: it is fine", "// slither-disable-next-line timestamp") == [
        ("no-reason", 1)
    ]


def test_a_reason_that_nothing_needs_is_a_breach() -> None:
    assert breaches_of(f"// audit: timestamp: {WHY}", "uint256 x;") == [("stray-reason", 1)]


def test_a_rule_that_the_tool_does_not_have_is_a_breach() -> None:
    lines = (f"// audit: reentrancy: {WHY}", "// slither-disable-next-line reentrancy")
    assert ("unknown-rule", 2) in breaches_of(*lines)


@pytest.mark.parametrize(
    "directive",
    [
        "// slither-disable-next-line",
        "// slither-disable-next-line all",
        "// slither-disable-start timestamp",
        "// slither-disable-end timestamp",
        "// solhint-disable",
        "// solhint-disable no-inline-assembly",
        "// solhint-enable no-inline-assembly",
        "// solhint-disable-previous-line no-inline-assembly",
    ],
)
def test_what_silences_more_than_named_rules_on_one_line_is_a_breach(directive: str) -> None:
    assert breaches_of(f"// audit: timestamp: {WHY}", directive)[0] == ("too-wide", 2)
