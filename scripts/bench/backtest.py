"""`python -m scripts.bench.backtest`: 10,000 lines through 10,000 rounds on all cores, within 30 seconds on two.

The rounds are a random walk in the rhythm of a real feed, the book is made up; both are the same in every run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

from oracles.backtest.generate import generate_book
from oracles.backtest.path import Decimals, PricePath
from oracles.backtest.run import run_book
from oracles.backtest.summary import facts_of, summary_of
from oracles.rounds import Round

BUDGET_S: Final = 30.0
SEED: Final = 1
FIRST_ANSWER: Final = 1_900 * 10**8
START: Final = 1_680_000_000
RESULT: Final = Path("build/bench-backtest.json")


def walk(count: int) -> list[Round]:
    """Rounds up to an hour apart, each within half a per cent of the one before but for a shock in a hundred."""
    random, at, answer, rounds = Random(SEED), START, FIRST_ANSWER, []
    for number in range(1, count + 1):
        rounds.append(Round(number, answer, at))
        at += random.randrange(60, 3_601)
        reach = 0.03 if random.randrange(100) == 0 else 0.005
        pull = 0.001 * (FIRST_ANSWER / answer - 1)
        answer = max(10**8, round(answer * (1 + random.uniform(-reach, reach) + pull)))
    return rounds


def main() -> int:
    """Exit code 1 when it took longer than the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    path = PricePath.of(walk(given.rounds), Decimals())
    book = generate_book(given.lines, SEED, path, Decimals())
    began = time.monotonic()
    played = run_book(book, path, Decimals().loan, workers=given.workers)
    took_s = time.monotonic() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    facts = {
        **facts_of(summary_of(played, worst=1)),
        "workers": given.workers,
        "took_s": round(took_s, 2),
        "cpu_s": round(children.ru_utime + children.ru_stime, 2),
        "budget_s": BUDGET_S,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    within = took_s <= BUDGET_S
    sys.stdout.write(
        f"{given.lines:,} lines x {given.rounds:,} rounds on {given.workers} processes: {took_s:.1f} s "
        f"({facts['cpu_s']} s of CPU), {'within' if within else 'OVER'} {BUDGET_S:.0f} s; {RESULT}\n"
    )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
