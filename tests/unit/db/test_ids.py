"""Identifiers in the order of time."""

import time
import uuid

from orchestrator.db.ids import time_ordered_ids


def test_it_is_a_uuid_of_version_7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(time_ordered_ids(1)[0])
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_no_two_are_alike() -> None:
    assert len(set(time_ordered_ids(10_000))) == 10_000
