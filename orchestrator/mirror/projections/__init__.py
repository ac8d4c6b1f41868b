"""Pure functions from events to rows, one file per aggregate. An event makes rows in any number of aggregates."""

from __future__ import annotations

from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections import lines, mandates, markets, notes, offers, payments, rounds
from orchestrator.mirror.projections.rows import Row, Unprojectable

_AGGREGATES = (markets, lines, notes, payments, offers, mandates, rounds)

__all__ = ["Row", "Unprojectable", "project_event"]


def project_event(event: Event) -> list[Row]:
    """The rows that an event makes. Raises Unprojectable."""
    key = (event.source.role, event.name)
    return [
        row
        for aggregate in _AGGREGATES
        if (projection := aggregate.PROJECTIONS.get(key)) is not None
        for row in projection(event)
    ]
