"""Random histories through the released contracts and through the credit rules: ``make deep-histories SEEDS=0..10000``.

Seeds that passed are kept in a file and not run again, unless the contracts, the rules or these histories have changed.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import RELEASE, ROOT, Artifacts
from tests.contracts.support.anvil_chain import AnvilChain, own_chain
from tests.contracts.support.comparison import first_mismatch, shrunk
from tests.contracts.support.ground import Ground, lay_ground
from tests.contracts.support.script import history_of
from tests.seeds import Kept, fingerprint, seed_range

KEPT: Final = ROOT / "build" / "histories.jsonl"
TELL_EVERY_S: Final = 10.0
CONTRACTS: Final = ("CreditVault", "RepayTrigger", "OracleAdapter")


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all seeds passed, now or before."""
    parser = argparse.ArgumentParser(prog="deep_histories", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=seed_range, help="first..last, both included, or one seed")
    seeds: range = parser.parse_args(arguments).seeds
    try:
        passed, failed = _run_seeds(seeds, kept_in)
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _run_seeds(seeds: range, kept_in: Path) -> tuple[int, int]:
    """How many passed, now or before, and how many failed."""
    kept = Kept(kept_in, _fingerprint())
    left = [seed for seed in seeds if seed not in kept.passed]
    print(f"{len(seeds)} seeds, {len(seeds) - len(left)} of which passed before", flush=True)
    if not left:
        return len(seeds), 0
    with own_chain() as chain:
        failed = _run(left, kept, chain, lay_ground(chain))
    return len(seeds) - failed, failed


def _run(seeds: list[int], kept: Kept, chain: AnvilChain, ground: Ground) -> int:
    """Runs and keeps; the number of seeds that failed."""
    failed = steps = 0
    started = told_at = time.monotonic()
    for done, seed in enumerate(seeds, start=1):
        history = history_of(seed, ground)
        steps += len(history.steps)
        mismatch = first_mismatch(history, chain, ground)
        if mismatch is None:
            kept.add(seed)
        else:
            failed += 1
            print(f"{shrunk(mismatch, chain, ground)}\n  again: make deep-histories SEEDS={seed}", flush=True)
        now = time.monotonic()
        if now - told_at > TELL_EVERY_S or done == len(seeds):
            told_at = now
            rate = steps / (now - started)
            told = f"{done} of {len(seeds)} run, {steps} steps, {rate:.0f} a second, {failed} failed"
            print(f"seed {seed}: {told}", flush=True)
    return failed


def _fingerprint() -> str:
    """What the seeds pass with: the compiled contracts, the rules and the histories themselves."""
    codes = [Artifacts(RELEASE).contract(name).creation for name in CONTRACTS]
    sources = [*(ROOT / "orchestrator" / "credit").rglob("*.py"), *(Path(__file__).parent / "support").glob("*.py")]
    return fingerprint([*codes, *(source.read_bytes() for source in sorted(sources))])


if __name__ == "__main__":
    sys.exit(main())
