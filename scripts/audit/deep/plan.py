"""What a deep run is: each fuzz test with many runs, each campaign in parts, the rest of a contract at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FUZZ_RUNS: Final = 50_000
CAMPAIGN_RUNS: Final = 2_000
CAMPAIGN_DEPTH: Final = 200
# A campaign runs on one core; in parts it can be broken off, and shared between two.
CAMPAIGN_PARTS: Final = 20


@dataclass(frozen=True, slots=True)
class Job:
    """One call of forge. ``seed`` differs between the parts of a campaign, so that each goes its own ways."""

    file: str
    suite: str
    test: str
    seed: int
    settings: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.suite}.{self.test or 'examples'}#{self.seed}"

    @property
    def chosen(self) -> Sequence[str]:
        """What forge is to run, as its options."""
        of_suite = ("--match-contract", f"^{self.suite}$")
        if self.test:
            return (*of_suite, "--match-test", f"^{self.test}\\b")
        return (*of_suite, "--no-match-test", "^(testFuzz|invariant)")


def plan(listing: str, first_seed: int) -> list[Job]:
    """The jobs for what ``forge test --list --json`` lists: examples first, then fuzz tests, then campaigns."""
    files: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(listing)
    suites = sorted((suite, file, tests) for file, listed in files.items() for suite, tests in listed.items())
    jobs = [job for suite, file, tests in suites for job in _jobs(file, suite, tests, first_seed)]
    return sorted(jobs, key=lambda job: (job.test.startswith("invariant"), bool(job.test)))


def _jobs(file: str, suite: str, tests: Sequence[str], first_seed: int) -> Iterator[Job]:
    if any(not test.startswith(("testFuzz", "invariant")) for test in tests):
        yield Job(file, suite, "", first_seed, ())
    for test in sorted(set(tests)):
        if test.startswith("testFuzz"):
            yield Job(file, suite, test, first_seed, (("FUZZ_RUNS", str(FUZZ_RUNS)),))
        if test.startswith("invariant"):
            runs = (("INVARIANT_RUNS", str(CAMPAIGN_RUNS // CAMPAIGN_PARTS)),)
            depth = (("INVARIANT_DEPTH", str(CAMPAIGN_DEPTH)),)
            yield from (Job(file, suite, test, first_seed + part, runs + depth) for part in range(CAMPAIGN_PARTS))
