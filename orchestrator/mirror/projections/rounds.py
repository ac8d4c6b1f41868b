"""Rounds of oracle feeds, from `AnswerUpdated`. Feeds are other people's contracts: no value is trusted to fit."""

from __future__ import annotations

from orchestrator.db.models import OracleRound
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, Unprojectable, bigint, provenance
from orchestrator.mirror.watch import Role

AGGREGATOR_ROUND_BITS = 64


def answered(event: Event) -> list[Row]:
    """A proxy shows its aggregator's round r in phase p as p · 2^64 + r."""
    aggregator_round: int = event.args["roundId"]
    if event.source.phase and aggregator_round >> AGGREGATOR_ROUND_BITS:
        raise Unprojectable(f"roundId = {aggregator_round} is beyond {AGGREGATOR_ROUND_BITS} bits")
    values = {
        **provenance(event),
        "feed": event.source.feed or event.log.address,
        "round_id": (event.source.phase << AGGREGATOR_ROUND_BITS) | aggregator_round,
        "answer": event.args["current"],
        "updated_at": bigint(event.args["updatedAt"], "updatedAt"),
    }
    return [Row(OracleRound, values)]


PROJECTIONS: Projections = {(Role.FEED, "AnswerUpdated"): answered}
