"""The state of the service as Prometheus gauges."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.health.repository import Counted, Counts
from orchestrator.db.models import Cursor


class ServiceGauges(Collector):
    """The state of the service as gauges, from one snapshot."""

    def __init__(self, chain_id: int, cursor: Cursor | None, counts: Counts | None) -> None:
        self._chain_id = str(chain_id)
        self._cursor = cursor
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        up = 0 if self._counts is None else 1
        yield GaugeMetricFamily("covenant_database_up", "Whether the database answered.", value=up)
        if self._cursor is not None:
            yield from self._of_mirror(self._cursor)
        if self._counts is not None:
            yield from _of_counts(self._counts)

    def _of_mirror(self, cursor: Cursor) -> Iterator[Metric]:
        numbers = (
            ("covenant_mirror_block", "The last mirrored block.", cursor.number),
            ("covenant_mirror_block_time_seconds", "Its timestamp.", cursor.timestamp),
            ("covenant_chain_head_block", "The head seen last.", cursor.head_number),
            ("covenant_chain_safe_block", "The safe block seen last.", cursor.safe_number),
            (
                "covenant_chain_finalized_block",
                "The finalized block that the mirror saw last.",
                cursor.finalized_number,
            ),
            ("covenant_mirror_frozen", "Whether nobody should act on the mirror.", int(cursor.frozen is not None)),
        )
        for name, documentation, value in numbers:
            family = GaugeMetricFamily(name, documentation, labels=["chain_id"])
            family.add_metric([self._chain_id], value)
            yield family


def _of_counts(counts: Counts) -> Iterator[Metric]:
    yield _counted("covenant_open_alerts", "Alerts that are not resolved.", "severity", counts.open_alerts)
    yield _counted("covenant_intents", "Transactions by status.", "status", counts.intents)
    yield _counted("covenant_triggers_by_status", "Triggers by status.", "status", counts.triggers)
    yield GaugeMetricFamily(
        "covenant_quarantined_logs", "Logs that could not be applied.", value=counts.quarantined_logs
    )


def _counted(name: str, documentation: str, label: str, counted: Counted) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=[label])
    for value, count in counted:
        family.add_metric([value], count)
    return family
