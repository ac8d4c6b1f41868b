"""What fails an audit, and what does not."""

import dataclasses

from scripts.audit.findings import Finding, Place
from scripts.audit.judgement import judge, judge_policy
from scripts.audit.justifications import Justification
from scripts.audit.policy import Policy

POLICY = Policy(
    sources="contracts",
    out_of_scope=("contracts/local",),
    rules_off={},
    ercs={},
    min_coverage_percent=98,
)
TIMESTAMP = Finding("slither", "timestamp", "Low", "uses the time", (Place("contracts/Till.sol", 7),))
WHY = "hours matter here, seconds do not"


def justification(rule: str = "timestamp", line: int = 7) -> Justification:
    """One for Till.sol, whose comment stands on the line above ``line``."""
    return Justification("slither", rule, Place("contracts/Till.sol", line), Place("contracts/Till.sol", line - 1), WHY)


def test_a_finding_that_nothing_justifies_is_open() -> None:
    assert judge([TIMESTAMP], [], POLICY).open == (TIMESTAMP,)


def test_a_justified_finding_is_not_open_and_keeps_its_reason() -> None:
    judgement = judge([TIMESTAMP], [justification()], POLICY)
    assert judgement.open == ()
    assert judgement.justified == ((TIMESTAMP, WHY),)


def test_a_justification_holds_for_any_line_that_the_finding_speaks_of() -> None:
    finding = dataclasses.replace(TIMESTAMP, places=(Place("contracts/Till.sol", 3), Place("contracts/Till.sol", 7)))
    assert judge([finding], [justification()], POLICY).open == ()


def test_a_justification_of_another_rule_or_line_leaves_the_finding_open() -> None:
    assert TIMESTAMP in judge([TIMESTAMP], [justification(rule="reentrancy-eth")], POLICY).open
    assert TIMESTAMP in judge([TIMESTAMP], [justification(line=8)], POLICY).open


def test_a_justification_that_covers_nothing_is_open_itself() -> None:
    [unused] = judge([], [justification()], POLICY).open
    assert (unused.rule, unused.places) == ("unused", (Place("contracts/Till.sol", 6),))


def test_findings_in_local_contracts_and_dependencies_are_counted_but_not_open() -> None:
    outside = [
        dataclasses.replace(TIMESTAMP, places=(Place("contracts/local/Faucet.sol", 1),)),
        dataclasses.replace(TIMESTAMP, places=(Place("node_modules/a/A.sol", 1),)),
    ]
    judgement = judge(outside, [], POLICY)
    assert judgement.open == ()
    assert list(judgement.out_of_scope) == outside


def test_a_finding_that_touches_our_code_and_a_dependency_is_open() -> None:
    both = dataclasses.replace(TIMESTAMP, places=(Place("node_modules/a/A.sol", 1), Place("contracts/Till.sol", 7)))
    assert judge([both], [], POLICY).open == (both,)


def test_a_rule_that_is_off_for_all_the_code_reports_nothing() -> None:
    policy = dataclasses.replace(POLICY, rules_off={"slither:timestamp": WHY})
    judgement = judge([TIMESTAMP], [], policy)
    assert (judgement.open, judgement.off) == ((), (TIMESTAMP,))
    assert judge_policy(policy, judgement.off, {"slither": {"timestamp"}}) == []


def test_a_rule_that_is_off_must_exist_must_be_needed_and_must_say_why() -> None:
    policy = dataclasses.replace(
        POLICY,
        rules_off={"slither:time": WHY, "slither:pragma": WHY, "slither:timestamp": "noise"},
    )
    breaches = judge_policy(policy, [TIMESTAMP], {"slither": {"timestamp", "pragma"}})
    assert [breach.rule for breach in breaches] == ["unknown-rule", "unused", "no-reason"]
