"""How a reporter is doing: what whoever runs it is told, and how often."""

from prometheus_client import generate_latest

from oracles.facts.fact import NothingSeen
from oracles.reporting.reporter import CannotReport
from oracles.reporting.standing import Standing
from orchestrator.chain.rpc import RpcUnreachable
from orchestrator.metrics import Metrics

NO_QUORUM = NothingSeen("no quorum of 3", "look at the sources")


class Clock:
    at = 100

    def now(self) -> float:
        return self.at


def test_it_works_from_its_first_whole_look_and_nothing_was_wrong_before() -> None:
    standing = Standing(Metrics(), Clock().now)
    assert standing.as_json() == {"works": False, "why_not": "it has not looked yet", "since": 0}
    assert not standing.worked()
    assert standing.as_json() == {"works": True, "why_not": None, "since": 100}


def test_a_failure_is_news_once_and_so_is_its_end() -> None:
    clock = Clock()
    standing = Standing(Metrics(), clock.now)
    assert standing.failed(NO_QUORUM)
    clock.at = 105
    assert not standing.failed(CannotReport("beyond its bounds", "look at the fact"))
    assert standing.as_json() == {"works": False, "why_not": "beyond its bounds", "since": 100}
    assert standing.worked()
    assert not standing.worked()
    assert standing.as_json() == {"works": True, "why_not": None, "since": 105}
    assert standing.failed(NO_QUORUM)


def test_prometheus_is_told_what_failed_and_whether_it_works() -> None:
    metrics = Metrics()
    standing = Standing(metrics)
    for error in (NO_QUORUM, NO_QUORUM, CannotReport("late", "look"), RpcUnreachable("node", "refused")):
        standing.failed(error)
    said = generate_latest(metrics.registry).decode()
    assert "covenant_reporter_works 0.0" in said
    for at, count in (("fact", 2), ("feed", 1), ("chain", 1)):
        assert f'covenant_reporter_failures_total{{at="{at}"}} {count}.0' in said
    standing.worked()
    assert "covenant_reporter_works 1.0" in generate_latest(metrics.registry).decode()
