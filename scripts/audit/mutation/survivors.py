"""The mutants that no test can notice, or that none has to, each with the reason why."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import CovenantError

# In characters. Shorter than this says "equivalent", not why.
SHORTEST_REASON = 25


def read_explanations(path: Path) -> Mapping[str, str]:
    """Mutant id → why it may survive. Raises CovenantError for an entry that says too little or comes twice."""
    content = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found: dict[str, str] = {}
    for entry in content.get("survivor", ()):
        mutant, why = entry.get("id", ""), " ".join(entry.get("why", "").split())
        if mutant in found:
            raise CovenantError(f"{path.name}: {mutant} is explained twice", "keep one of the two")
        if len(why) < SHORTEST_REASON:
            raise CovenantError(
                f"{path.name}: {why!r} does not say why {mutant} may survive", "say what makes it harmless"
            )
        found[mutant] = why
    return found
