"""Which findings count: those in scope that nothing justifies, and the justifications of nothing."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from scripts.audit.findings import Finding, Place
from scripts.audit.justifications import SHORTEST_REASON, Justification, breach
from scripts.audit.policy import Policy

POLICY = Place("pyproject.toml", 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """``open`` is what must be fixed or justified; the audit passes when it is empty."""

    open: tuple[Finding, ...]
    justified: tuple[tuple[Finding, str], ...]
    off: tuple[Finding, ...]
    out_of_scope: tuple[Finding, ...]


def judge(findings: Iterable[Finding], justifications: Iterable[Justification], policy: Policy) -> Judgement:
    """Sorts ``findings``, and adds one for each justification that covers none of them."""
    reasons = {(item.tool, item.rule, item.covers): item for item in justifications}
    used: set[Justification] = set()
    open_: list[Finding] = []
    justified: list[tuple[Finding, str]] = []
    off: list[Finding] = []
    out_of_scope: list[Finding] = []
    for finding in findings:
        keys = ((finding.tool, finding.rule, place) for place in finding.places)
        covering = [reasons[key] for key in keys if key in reasons]
        if not any(policy.covers(place.path) for place in finding.places):
            out_of_scope.append(finding)
        elif policy.is_off(finding):
            off.append(finding)
        elif covering:
            used.update(covering)
            justified.append((finding, covering[0].why))
        else:
            open_.append(finding)
    for item in reasons.values():
        if item not in used:
            idle = f"{item.tool} reports no {item.rule} here: remove the comment"
            open_.append(breach("unused", item.stands_at, idle))
    return Judgement(tuple(open_), tuple(justified), tuple(off), tuple(out_of_scope))


def judge_policy(policy: Policy, off: Iterable[Finding], known_rules: Mapping[str, Set[str]]) -> list[Finding]:
    """The rules turned off for all the code that don't exist, that lack a reason, or that silenced none of ``off``."""
    silenced = {f"{finding.tool}:{finding.rule}" for finding in off}
    breaches: list[Finding] = []
    for key, why in policy.rules_off.items():
        tool, _, rule = key.partition(":")
        if rule not in known_rules.get(tool, frozenset()):
            breaches.append(breach("unknown-rule", POLICY, f"rules_off: there is no {key}"))
        elif key not in silenced:
            breaches.append(breach("unused", POLICY, f"rules_off: {key} reports nothing; remove it"))
        if len(why) < SHORTEST_REASON:
            breaches.append(breach("no-reason", POLICY, f"rules_off: {why!r} does not say why {key} is wrong"))
    return breaches
