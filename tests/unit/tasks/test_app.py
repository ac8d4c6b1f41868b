"""The Celery app: what a task may not be."""

import asyncio

import pytest

from orchestrator.chain.rpc import RpcUnreachable
from orchestrator.tasks.app import Job, make_app
from orchestrator.tasks.running import Running


async def nothing() -> None:
    """Does nothing."""


async def node_is_away() -> None:
    raise RpcUnreachable("http://node", "ConnectError")


async def defect() -> None:
    raise ZeroDivisionError


JOBS = [Job("nothing", 5.0, nothing), Job("node-is-away", 60.0, node_is_away), Job("defect", 60.0, defect)]
APP = make_app("redis://localhost:6379/0", 31337, JOBS, Running())


def test_pitfall_33_no_task_waits_for_a_time_and_none_is_lost_with_its_worker() -> None:
    schedule = APP.conf.beat_schedule
    assert set(schedule) == {job.name for job in JOBS}
    assert not any("eta" in entry["options"] or "countdown" in entry["options"] for entry in schedule.values())
    assert (APP.conf.task_acks_late, APP.conf.task_reject_on_worker_lost) == (True, True)
    assert APP.conf.task_ignore_result is True


def test_what_waits_longer_than_its_interval_is_dropped_since_the_next_one_is_there() -> None:
    assert {entry["options"]["expires"] for entry in APP.conf.beat_schedule.values()} == {5.0, 60.0}


def test_a_node_that_is_away_is_no_failure_of_the_task_and_a_defect_is() -> None:
    APP.tasks["nothing"]()
    APP.tasks["node-is-away"]()
    with pytest.raises(ZeroDivisionError):
        APP.tasks["defect"]()


def test_a_job_is_ended_from_outside() -> None:
    running = Running()

    async def stopped_meanwhile() -> None:
        assert running.stop()
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(running.until_stopped(stopped_meanwhile()))


def test_nothing_begins_once_a_worker_was_told_to_stop() -> None:
    running = Running()
    assert not running.stop()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(running.until_stopped(nothing()))
