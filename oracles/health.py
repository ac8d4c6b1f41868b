"""What to think of a feed: pure judgement of its rounds at one second of chain time.

The contracts judge again and for themselves (contract: ``OracleAdapter``); this is for people and alerts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from oracles.rounds import Round, refusal, unfinished

BPS: Final = 10_000

DEFAULT_MARGIN_S: Final = 300
"""Added to the heartbeat before an answer is stale: real gaps at a heartbeat of 3,600 s reach 3,720 s (pitfall 37)."""

DEFAULT_MAX_JUMP_BPS: Final = 2_000
"""The largest move between two rounds that is not remarkable. ETH/USD moved 329 bps at most in ten months of 2023."""


class FeedStatus(StrEnum):
    """From best to worst: of several judgements on a feed, the last in this order is told."""

    FRESH = "fresh"
    LATE = "late"
    FROZEN = "frozen"
    JUMPED = "jumped"
    STALE = "stale"
    OUT_OF_BOUNDS = "out_of_bounds"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """What a feed promises, and what we accept.

    Attributes:
        heartbeat_s: the feed answers at least this often.
        margin_s: it is late, not stale, for this long after.
        max_jump_bps: a larger move between two rounds, relative to the first, is told as a jump; None: none is.
        min_answer: in the feed's decimals, at least 1: a price is positive. None for a fact that is no price.
        max_answer: in the feed's decimals; None for no bound.
        frozen_after: so many equal answers in a row are told as frozen; None for a feed that may stand still.
    """

    heartbeat_s: int
    margin_s: int = DEFAULT_MARGIN_S
    max_jump_bps: int | None = DEFAULT_MAX_JUMP_BPS
    min_answer: int | None = 1
    max_answer: int | None = None
    frozen_after: int | None = None

    def __post_init__(self) -> None:
        if self.heartbeat_s <= 0 or self.margin_s < 0 or (self.max_jump_bps is not None and self.max_jump_bps <= 0):
            raise ValueError("heartbeat_s and max_jump_bps must be positive, margin_s must not be negative")
        if self.min_answer is None:
            if self.max_jump_bps is not None:
                raise ValueError("what may be zero moves by no share of itself: without min_answer no max_jump_bps")
        elif self.min_answer < 1 or (self.max_answer is not None and self.max_answer < self.min_answer):
            raise ValueError("bounds must satisfy 1 ≤ min_answer ≤ max_answer")
        if self.frozen_after is not None and self.frozen_after < 2:
            raise ValueError("frozen_after must be at least 2: one answer always equals itself")

    @classmethod
    def of_fact(cls, heartbeat_s: int, margin_s: int = DEFAULT_MARGIN_S) -> Self:
        """For a feed that prices nothing: a benchmark rate may be negative, revenue begins at zero and may double.

        Only its age is judged. Mandates read such a feed, and take any answer of a round that was completed.
        """
        return cls(heartbeat_s, margin_s, max_jump_bps=None, min_answer=None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """``reason`` in words; ``round_id`` and ``age_s`` are those of the newest round, None when there is none."""

    status: FeedStatus
    reason: str
    round_id: int | None
    age_s: int | None


def rounds_needed(policy: FeedPolicy) -> int:
    """How many of a feed's newest rounds ``judge`` looks at."""
    return max(2, policy.frozen_after or 0)


def judge(rounds: Sequence[Round], policy: FeedPolicy, now: int) -> Judgement:
    """Judges a feed at ``now``, the timestamp of a block, by its newest rounds (oldest first).

    The worst that applies is told: a feed that jumped and then fell silent is stale.
    """
    if not rounds:
        return Judgement(FeedStatus.UNKNOWN, "no round is known yet", None, None)
    newest = rounds[-1]
    refused = _refusal(newest, policy)
    if refused is not None:
        status = FeedStatus.STALE if newest.updated_at <= 0 else FeedStatus.OUT_OF_BOUNDS
        return Judgement(status, f"round {newest.round_id} is refused: {refused}", newest.round_id, None)
    found = [judge_age(now - newest.updated_at, policy), judge_bounds(newest, policy)]
    found.append(_judge_frozen(rounds, policy))
    previous = next((one for one in reversed(rounds[:-1]) if _refusal(one, policy) is None), None)
    if previous is not None:
        found.append(judge_jump(previous, newest, policy))
    order = list(FeedStatus)
    status, reason = max(found, key=lambda judged: order.index(judged[0]))
    return Judgement(status, reason, newest.round_id, now - newest.updated_at)


def judge_age(age_s: int, policy: FeedPolicy) -> tuple[FeedStatus, str]:
    """Fresh within the heartbeat, late within the margin after it, stale beyond. An age below zero is a wrong clock."""
    limit_s = policy.heartbeat_s + policy.margin_s
    if age_s < 0:
        return FeedStatus.OUT_OF_BOUNDS, f"the newest answer is {-age_s} s in the future"
    if age_s <= policy.heartbeat_s:
        return FeedStatus.FRESH, f"answered {age_s} s ago, within its heartbeat of {policy.heartbeat_s} s"
    if age_s <= limit_s:
        return FeedStatus.LATE, f"answered {age_s} s ago, {age_s - policy.heartbeat_s} s after its heartbeat"
    return FeedStatus.STALE, f"answered {age_s} s ago, more than its heartbeat and margin of {limit_s} s"


def judge_bounds(candidate: Round, policy: FeedPolicy) -> tuple[FeedStatus, str]:
    """Out of bounds, or fresh."""
    if policy.min_answer is not None and candidate.answer < policy.min_answer:
        return FeedStatus.OUT_OF_BOUNDS, f"the answer {candidate.answer} is below the bound {policy.min_answer}"
    if policy.max_answer is not None and candidate.answer > policy.max_answer:
        return FeedStatus.OUT_OF_BOUNDS, f"the answer {candidate.answer} is above the bound {policy.max_answer}"
    return FeedStatus.FRESH, "within its bounds"


def judge_jump(previous: Round, newest: Round, policy: FeedPolicy) -> tuple[FeedStatus, str]:
    """Jumped, or fresh. The move is relative to the earlier answer and compared without rounding."""
    move = abs(newest.answer - previous.answer)
    if policy.max_jump_bps is not None and move * BPS > policy.max_jump_bps * previous.answer:
        moved_bps = move * BPS // previous.answer
        return (
            FeedStatus.JUMPED,
            f"moved {moved_bps} bps from {previous.answer} to {newest.answer}, more than {policy.max_jump_bps} bps",
        )
    return FeedStatus.FRESH, "moved within its bound"


def _refusal(candidate: Round, policy: FeedPolicy) -> str | None:
    return unfinished(candidate) if policy.min_answer is None else refusal(candidate)


def _judge_frozen(rounds: Sequence[Round], policy: FeedPolicy) -> tuple[FeedStatus, str]:
    count = policy.frozen_after
    if count is not None and len(rounds) >= count and len({one.answer for one in rounds[-count:]}) == 1:
        return FeedStatus.FROZEN, f"the last {count} answers are all {rounds[-1].answer}"
    return FeedStatus.FRESH, "its answers move"
