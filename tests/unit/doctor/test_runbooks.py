"""Every alert has a page that says what to do, and every page that is pointed at exists."""

import re
from collections.abc import Iterator
from pathlib import Path

from scripts.cli.app import noun_files

REPOSITORY = Path(__file__).parents[3]
RUNBOOKS = REPOSITORY / "docs" / "runbooks"

# A key is written `<kind>:{…}`; a family of keys is written with `{kind}` and the kinds beside it.
KEY = re.compile(r'f"([a-z][a-z_]+):\{')
FAMILY = re.compile(r"\{kind\}:.*?\bfor kind in \(([^)]*)\)", re.DOTALL)
# A key that several modules need has a function of its own.
ALERT_KEY_FUNCTION = re.compile(r"def \w*alert\w*\(")
# Leases are named in the same way, and are no alerts.
LEASES = frozenset({"mirror", "sender"})


def sources_that_alert() -> Iterator[str]:
    for package in ("orchestrator", "oracles", "api", "scripts"):
        for file in (REPOSITORY / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if "orchestrator.alerts import" in text or ALERT_KEY_FUNCTION.search(text):
                yield text


def alert_kinds() -> set[str]:
    kinds: set[str] = set()
    for text in sources_that_alert():
        kinds.update(KEY.findall(text))
        for family in FAMILY.findall(text):
            kinds.update(re.findall(r'"(\w+)"', family))
    return kinds - LEASES


def test_every_kind_of_alert_has_a_runbook() -> None:
    kinds = alert_kinds()
    assert {"balance", "feed", "mirror_quarantine", "reconciliation"} <= kinds
    assert sorted(kind for kind in kinds if not (RUNBOOKS / f"{kind.replace('_', '-')}.md").exists()) == []


def test_the_index_lists_every_runbook_and_no_other() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert listed == {file.name for file in RUNBOOKS.glob("*.md")} - {"README.md"}


def test_every_runbook_says_what_it_means_what_it_stops_and_when_it_is_over() -> None:
    for file in RUNBOOKS.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        missing = [part for part in ("**Means.**", "**Stops.**", "**Over**") if part not in text]
        assert missing == [] or file.name == "README.md", f"{file.name} lacks {missing}"


def test_every_runbook_that_the_code_points_at_exists() -> None:
    pointers = {
        pointer
        for file in (*(REPOSITORY / "scripts").rglob("*.py"), *(REPOSITORY / "orchestrator").rglob("*.py"))
        for pointer in re.findall(r"docs/runbooks/[\w-]+\.md", file.read_text(encoding="utf-8"))
    }
    assert pointers
    assert sorted(pointer for pointer in pointers if not (REPOSITORY / pointer).exists()) == []


def test_every_command_that_people_are_told_to_run_exists() -> None:
    nouns = {name for name, _ in noun_files()}
    told: set[str] = set()
    for file in RUNBOOKS.glob("*.md"):
        told.update(re.findall(r"`covenant ([a-z-]+)", file.read_text(encoding="utf-8")))
    for package in ("orchestrator", "oracles", "api", "scripts"):
        for file in (REPOSITORY / package).rglob("*.py"):
            told.update(re.findall(r"\brun `?covenant ([a-z-]+)", file.read_text(encoding="utf-8")))
    assert {"doctor", "deploy", "migrate"} <= told
    assert sorted(told - nouns) == []
