"""Long runs over many seeds: which to run, and which passed before with the same code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


def seed_range(text: str) -> range:
    """``first..last``, both included, or one seed. Raises ArgumentTypeError."""
    first, _, last = text.partition("..")
    try:
        seeds = range(int(first), int(last or first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0..1000") from None
    if not seeds or seeds[0] < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is empty or negative")
    return seeds


def fingerprint(parts: Iterable[bytes]) -> str:
    """What seeds pass with, as one number."""
    hasher = sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big") + part)
    return hasher.hexdigest()


class Kept:
    """The seeds that passed, a line each in a file, with the code that they passed with."""

    def __init__(self, path: Path, passed_with: str) -> None:
        self._path = path
        self._passed_with = passed_with
        self.passed: dict[int, dict[str, int]] = {}
        """What was counted, by seed."""
        for line in path.read_text().splitlines() if path.is_file() else []:
            with suppress(json.JSONDecodeError):  # a line that was cut off
                kept = json.loads(line)
                if kept["with"] == passed_with:
                    self.passed[kept["seed"]] = kept["counts"]

    def add(self, seed: int, counts: Mapping[str, int] | None = None) -> None:
        """Keeps a seed at once, whatever comes after."""
        self.passed[seed] = dict(counts or {})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps({"with": self._passed_with, "seed": seed, "counts": self.passed[seed]}) + "\n")
