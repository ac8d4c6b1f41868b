"""Where Prometheus reads the numbers of a process: COVENANT_METRICS_PORT on 127.0.0.1, if it is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import start_http_server

from orchestrator.errors import CovenantError
from orchestrator.metrics import Metrics
from orchestrator.settings import Settings

HOST: Final = "127.0.0.1"


class MetricsPortUnavailable(CovenantError):
    """The port for metrics is taken, or not ours to take."""


@contextmanager
def serving_metrics(settings: Settings, metrics: Metrics) -> Iterator[None]:
    """Serves the registry while the process runs; each process of a machine needs a port of its own.

    Raises:
        MetricsPortUnavailable: with the port and what to do.
    """
    port = settings.covenant_metrics_port
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=HOST, registry=metrics.registry)
    except OSError as error:
        raise MetricsPortUnavailable(
            f"metrics can't be served on {HOST}:{port}: {error.strerror}",
            "give this process another COVENANT_METRICS_PORT, or none",
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
