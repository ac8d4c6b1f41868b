"""Which jobs passed, and with what: a job passed if nothing has changed since that could change how it ends."""

import hashlib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scripts.audit.deep.codes import Codes
from scripts.audit.deep.plan import Job

# What the profile of deep runs is made of, in foundry.toml.
_PROFILES: Final = ("default", "deep")


class Kept:
    """The jobs that passed, in a file, each with the fingerprint of what it passed with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passed: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}

    def left(self, jobs: Iterable[tuple[Job, str]]) -> list[tuple[Job, str]]:
        """Of these jobs with their fingerprints, those that have yet to pass."""
        return [(job, print_) for job, print_ in jobs if self._passed.get(job.name) != print_]

    def add(self, job: Job, print_: str) -> None:
        self._passed[job.name] = print_
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._passed, indent=1, sort_keys=True))
        fresh.replace(self._path)


def settings_of(foundry_toml: str) -> str:
    """What ``foundry.toml`` says about deep runs, however it is written."""
    profiles = tomllib.loads(foundry_toml)["profile"]
    return json.dumps([profiles.get(name) for name in _PROFILES], sort_keys=True)


def fingerprint(job: Job, codes: Codes, settings: str, forge_version: str) -> str:
    """Sixteen hex digits for all that decides how ``job`` ends: code, seed, runs, settings and tools."""
    parts = (repr(job), repr(job.chosen), codes.fingerprint(job.file, job.suite), settings, forge_version)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
