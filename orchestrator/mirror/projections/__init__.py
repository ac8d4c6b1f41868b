"""Pure functions from events to rows, one file per aggregate. An event makes rows in any number of aggregates."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections import lines, mandates, markets, notes, offers, payments, rounds
from orchestrator.mirror.projections.rows import Projection, Row, Unprojectable
from orchestrator.mirror.watch import Role

_AGGREGATES = (markets, lines, notes, payments, offers, mandates, rounds)

_PROJECTIONS: Mapping[tuple[Role, str], tuple[Projection, ...]] = {
    key: tuple(aggregate.PROJECTIONS[key] for aggregate in _AGGREGATES if key in aggregate.PROJECTIONS)
    for key in chain.from_iterable(aggregate.PROJECTIONS for aggregate in _AGGREGATES)
}

__all__ = ["Row", "Unprojectable", "project_event"]


def project_event(event: Event) -> list[Row]:
    """The rows that an event makes. Raises Unprojectable."""
    projections = _PROJECTIONS.get((event.source.role, event.name), ())
    return [row for project in projections for row in project(event)]
