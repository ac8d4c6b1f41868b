"""Rounds with the defects of the real ETH/USD file, from a seed: what the tests judge where that file is absent.

The real one (Chainlink's feed on mainnet, April 2023 to January 2024) has 11,107 rows, newest first. Its oldest is all
zero, as the first round of a phase reads; 1,328 gaps are longer than the heartbeat of 3,600 s, none than 3,720 s; some
rounds share a second, and some repeat the answer before them.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

SHARED = Path(__file__).parents[4] / "shared" / "data"
REAL_ROUNDS = SHARED / "chainlink-eth-usd-rounds.csv"
REAL_DIRECTORY = SHARED / "chainlink-feeds-mainnet.json"

ROWS = 11_107
LATE_GAPS = 1_328
LONGEST_GAP_S = 3_720
HEARTBEAT_S = 3_600
PHASE = 6


def generated_csv(seed: int) -> list[str]:
    """Lines of a file in Chainlink's form, newest first, as the real one."""
    random = Random(seed)
    rows = [_row(0, PHASE << 64, 0, 0), *_rounds(random)]
    return [
        ",round,answer,start,update,answeredInRound",
        *(_numbered(number, row) for number, row in enumerate(reversed(rows))),
    ]


def _rounds(random: Random) -> Sequence[str]:
    gaps = [random.randrange(HEARTBEAT_S + 1, LONGEST_GAP_S + 1) for _ in range(LATE_GAPS - 1)] + [LONGEST_GAP_S]
    gaps += [random.randrange(12, HEARTBEAT_S + 1) for _ in range(ROWS - 2 - len(gaps) - 3)] + [0, 0, 0]
    random.shuffle(gaps)
    at, answer, rows = 1_681_000_000, 1_900 * 10**8, []
    for number in range(1, ROWS):
        rows.append(_row(number, (PHASE << 64) + number, answer, at))
        if number < ROWS - 1:
            at += gaps[number - 1]
        if random.randrange(2_000):
            answer = max(10**8, round(answer * (1 + random.uniform(-0.032, 0.032)) + (1_900 * 10**8 - answer) * 0.02))
    return rows


def _row(number: int, round_id: int, answer: int, at: int) -> str:
    return f"{round_id},{answer},{at},{at},{round_id}"


def _numbered(number: int, row: str) -> str:
    return f"{number},{row}"
