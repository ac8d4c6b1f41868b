"""The numbers that a process tells Prometheus: one registry per process, built by its entry point."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Every metric of the service; a process only moves those that concern it."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.alerts_raised = Counter(
            "covenant_alerts_raised", "Alerts raised, repetitions included", ["kind", "severity"], registry=registry
        )
        self.evaluated_block = Gauge(
            "covenant_engine_block", "The block that triggers were last evaluated at", ["chain_id"], registry=registry
        )
        self.evaluation_seconds = Histogram(
            "covenant_engine_evaluation_seconds", "Evaluating one head", buckets=SECONDS, registry=registry
        )
        self.triggers_fired = Counter("covenant_triggers", "Triggers stored", ["action"], registry=registry)
        self.transactions = Counter(
            "covenant_transactions", "Intents by what became of them", ["outcome"], registry=registry
        )
        self.broadcast_errors = Counter(
            "covenant_broadcast_errors", "Refused broadcasts by kind", ["kind"], registry=registry
        )
        self.replacements = Counter("covenant_replacements", "Attempts that replaced another", registry=registry)
        self.inclusion_seconds = Histogram(
            "covenant_inclusion_seconds", "From an intent's creation to its block", buckets=SECONDS, registry=registry
        )
        self.signer_balance_wei = Gauge(
            "covenant_signer_balance_wei", "What a signer can spend on gas", ["signer"], registry=registry
        )
        self.mirror_lag_seconds = Gauge(
            "covenant_mirror_lag_seconds", "Since the mirror last moved", ["chain_id"], registry=registry
        )
        self.reconciliation_differences = Gauge(
            "covenant_reconciliation_differences", "Facts that differed last time", ["chain_id"], registry=registry
        )
        self.reporter_works = Gauge(
            "covenant_reporter_works", "1 while a reporter can tell its fact, 0 while it cannot", registry=registry
        )
        self.reporter_failures = Counter(
            "covenant_reporter_failures", "Looks that came to nothing, by what failed", ["at"], registry=registry
        )
