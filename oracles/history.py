"""What would have been thought of a feed, round by round: the judgement of each when the next one came."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from oracles.health import FeedPolicy, FeedStatus, Judgement, judge, rounds_needed
from oracles.rounds import Round


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round, how long it was the newest (None: it still is), and what was thought of it in that last second."""

    round: Round
    newest_for_s: int | None
    judgement: Judgement


def judge_each(rounds: Iterable[Round], policy: FeedPolicy) -> Iterator[PastRound]:
    """Judges every round, oldest first, in the second in which the next one came: that is when it was oldest.

    The last one is judged in its own second.
    """
    newest: deque[Round] = deque(maxlen=rounds_needed(policy))
    for candidate in rounds:
        if newest:
            yield _past(newest, candidate.updated_at, policy)
        newest.append(candidate)
    if newest:
        last = newest[-1]
        yield PastRound(last, None, judge(tuple(newest), policy, last.updated_at))


def count_by_status(past: Iterable[PastRound]) -> Mapping[FeedStatus, int]:
    """How many rounds had each status; every status is there."""
    counted = Counter(one.judgement.status for one in past)
    return {status: counted[status] for status in FeedStatus}


def _past(newest: deque[Round], now: int, policy: FeedPolicy) -> PastRound:
    last = newest[-1]
    return PastRound(last, now - last.updated_at, judge(tuple(newest), policy, now))
