"""What a back-test comes to, as facts: the same for people, JSON and the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oracles.backtest.outcome import TRIGGERS, Act, Outcome
from oracles.backtest.run import Played
from orchestrator.credit.units import Bps, Wei


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a book. Amounts in loan base units.

    Attributes:
        acts: how many events there were of each kind, and what they paid.
        ended: how many lines ended in each status.
        liquidated: how many lines were liquidated at least once.
        shortfall: written off, by ``shortfalls`` lines.
        worst: the lines with the highest LTV, the worst first; a debt with nothing behind it comes before all others.
    """

    lines: int
    rounds: int
    from_s: int
    to_s: int
    acts: Mapping[Act, tuple[int, Wei]]
    ended: Mapping[str, int]
    debt: Wei
    liquidated: int
    shortfall: Wei
    shortfalls: int
    worst: tuple[Outcome, ...]

    @property
    def triggers(self) -> int:
        return sum(self.acts[act][0] for act in TRIGGERS)

    @property
    def paid(self) -> Wei:
        """By whatever it was."""
        return Wei(sum(paid for _, paid in self.acts.values()))

    @property
    def liquidations(self) -> int:
        return self.acts[Act.LIQUIDATION][0]


def summary_of(played: Played, worst: int = 20) -> Summary:
    """Adds a back-test up; keeps the ``worst`` lines."""
    outcomes, path = played.outcomes, played.path
    return Summary(
        lines=len(outcomes),
        rounds=len(path),
        from_s=path.times[0],
        to_s=path.times[-1],
        acts=_acts(outcomes),
        ended=_ended(outcomes),
        debt=Wei(sum(outcome.debt for outcome in outcomes)),
        liquidated=sum(outcome.count(Act.LIQUIDATION) > 0 for outcome in outcomes),
        shortfall=Wei(sum(outcome.shortfall for outcome in outcomes)),
        shortfalls=sum(outcome.shortfall > 0 for outcome in outcomes),
        worst=tuple(sorted((one for one in outcomes if one.worst is not None), key=_rank, reverse=True)[:worst]),
    )


def facts_of(summary: Summary) -> Mapping[str, object]:
    """For JSON: amounts as decimal strings, since numbers there lose digits."""
    return {
        "lines": summary.lines,
        "rounds": summary.rounds,
        "from": summary.from_s,
        "to": summary.to_s,
        "triggers": summary.triggers,
        "liquidations": summary.liquidations,
        "liquidated": summary.liquidated,
        "shortfalls": summary.shortfalls,
        "shortfall": str(summary.shortfall),
        "debt": str(summary.debt),
        "acts": {act.value: {"count": count, "paid": str(paid)} for act, (count, paid) in summary.acts.items()},
        "ended": dict(summary.ended),
        "worst": [
            {"line": outcome.line_id, "ltv_bps": ltv_of(outcome), "at": outcome.worst.at if outcome.worst else None}
            for outcome in summary.worst
        ],
    }


def ltv_of(outcome: Outcome) -> Bps | None:
    """The worst LTV of a line; None for a debt with nothing behind it, or a line that never opened."""
    return outcome.worst.ltv_bps if outcome.worst else None


def _acts(outcomes: Iterable[Outcome]) -> Mapping[Act, tuple[int, Wei]]:
    counts = dict.fromkeys(Act, 0)
    paid = dict.fromkeys(Act, 0)
    for outcome in outcomes:
        for event in outcome.events:
            counts[event.act] += 1
            paid[event.act] += event.paid
    return {act: (counts[act], Wei(paid[act])) for act in Act}


def _ended(outcomes: Iterable[Outcome]) -> Mapping[str, int]:
    ended: dict[str, int] = {}
    for outcome in outcomes:
        ended[outcome.status] = ended.get(outcome.status, 0) + 1
    return dict(sorted(ended.items()))


def _rank(outcome: Outcome) -> tuple[bool, int]:
    ltv_bps = ltv_of(outcome)
    return ltv_bps is None, ltv_bps or 0
