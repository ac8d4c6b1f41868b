"""The one way to keep a finding: a reason beside the code, in the comment block that silences the tool.

    // audit: reentrancy-events: the token is allow-listed and the guard holds
    // slither-disable-next-line reentrancy-events

A reason covers one rule on one line. It must be given, must be used, and must name a rule that exists; there is no
way to silence a file or a range. Every breach of this is a finding of its own.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from scripts.audit.findings import Finding, Place

DIRECTIVE = re.compile(
    r"//+\s*(?P<tool>slither|solhint)-(?P<what>disable|enable)(?P<reach>-[a-z-]+)?(?:[ \t]+(?P<rules>.*))?$"
)
REASON = re.compile(r"^\s*//\s*audit:\s*(?P<rule>[a-z0-9-]+):\s*(?P<why>.*)$")
COMMENT = re.compile(r"^\s*//")

# How many lines below its own each directive reaches; what is not here silences more than one line.
REACH = {
    ("slither", "-next-line"): 1,
    ("solhint", "-next-line"): 1,
    ("solhint", "-line"): 0,
}

# In characters. Shorter than this says "false positive", not why.
SHORTEST_REASON = 15


@dataclass(frozen=True, slots=True)
class Justification:
    """``tool`` may say ``rule`` of ``covers`` because ``why``. ``stands_at`` is the line of the disable comment."""

    tool: str
    rule: str
    covers: Place
    stands_at: Place
    why: str


def breach(rule: str, place: Place, message: str) -> Finding:
    """A breach of the scheme itself; nothing can justify it."""
    return Finding(tool="audit", rule=rule, severity="Error", message=message, places=(place,))


def read_justifications(
    path: str, source: str, known_rules: Mapping[str, Set[str]]
) -> tuple[list[Justification], list[Finding]]:
    """The justifications in one file, and where the scheme is broken.

    ``known_rules`` maps each tool to the rules it has; any other is reported as unknown.
    """
    lines = source.splitlines()
    justifications: list[Justification] = []
    breaches: list[Finding] = []
    reasons_used: set[int] = set()

    for number, text in enumerate(lines, start=1):
        directive = DIRECTIVE.search(text)
        if directive is None:
            continue
        here = Place(path, number)
        tool, reach = directive["tool"], REACH.get((directive["tool"], directive["reach"] or ""))
        rules = [rule.strip() for rule in (directive["rules"] or "").split(",") if rule.strip()]
        if directive["what"] == "enable" or reach is None:
            breaches.append(breach("too-wide", here, f"silence one line, with {tool}-disable-next-line"))
            continue
        if not rules or "all" in rules:
            breaches.append(breach("too-wide", here, f"name the rules that {tool} may not report here"))
            continue
        reasons = _reasons_above(lines, number)
        for rule in rules:
            if rule not in known_rules[tool]:
                breaches.append(breach("unknown-rule", here, f"{tool} has no rule named {rule}"))
            elif rule not in reasons:
                breaches.append(breach("no-reason", here, f"say why: // audit: {rule}: <reason>, directly above"))
            else:
                reason_line, why = reasons[rule]
                reasons_used.add(reason_line)
                justifications.append(Justification(tool, rule, Place(path, number + reach), here, why))
                if len(why) < SHORTEST_REASON:
                    too_short = f"{why!r} does not say why {rule} is right here"
                    breaches.append(breach("no-reason", Place(path, reason_line), too_short))

    for number, text in enumerate(lines, start=1):
        reason = REASON.match(text)
        if reason and number not in reasons_used:
            breaches.append(breach("stray-reason", Place(path, number), f"nothing below silences {reason['rule']}"))
    return justifications, breaches


def _reasons_above(lines: Sequence[str], number: int) -> dict[str, tuple[int, str]]:
    """Rule → (line, why) of the reasons in the block of comments that ends just above line ``number``."""
    found: dict[str, tuple[int, str]] = {}
    above = number - 1
    while above >= 1 and COMMENT.match(lines[above - 1]):
        reason = REASON.match(lines[above - 1])
        if reason:
            found[reason["rule"]] = (above, reason["why"].strip())
        above -= 1
    return found
