"""When a feed needs a new round, and who leads: pure, and the same for every reporter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from oracles.reporting.feed import FeedState

BPS = 10_000


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """As Chainlink's feeds do it: a round when the fact has moved, or when the last one is old.

    Attributes:
        heartbeat_s: a round at least this often.
        deviation_bps: a round when the answer is at least so far from the last one, relative to it; 0 for any change.
        interval_s: how long one reporter leads. A leader that is dead delays a round by this and no more.
    """

    heartbeat_s: int
    deviation_bps: int
    interval_s: int

    def __post_init__(self) -> None:
        if self.heartbeat_s < 1 or self.interval_s < 1 or not 0 <= self.deviation_bps < BPS:
            raise ValueError("heartbeat_s and interval_s must be positive, deviation_bps from 0 to 9999")


def why_due(state: FeedState, answer: int, policy: ReportPolicy) -> str | None:
    """Why a reporter that saw ``answer`` wants a new round, or None when it does not."""
    if state.round_id == 0:
        return "the feed has no round yet"
    if state.now - state.updated_at >= policy.heartbeat_s:
        return f"the last round is {state.now - state.updated_at} s old"
    move = abs(answer - state.answer)
    if move and move * BPS >= policy.deviation_bps * abs(state.answer):
        return f"the answer moved from {state.answer} to {answer}"
    return None


def leader_at(reporters: Sequence[ChecksumAddress], second: float, interval_s: int) -> ChecksumAddress:
    """Who leads in a second: each reporter for one interval, in the feed's order."""
    return reporters[int(second // interval_s) % len(reporters)]
