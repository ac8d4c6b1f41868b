"""Where the broker is, told to two libraries."""

import pytest

from orchestrator.tasks.redis_urls import broker_url, client_url


@pytest.mark.parametrize(
    ("ours", "celery"),
    [
        ("redis://host:6379/1", "redis://host:6379/1"),
        ("rediss://user:secret@host/0", "rediss://user:secret@host/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
    ],
)
def test_each_library_gets_a_redis_url_in_its_own_form(ours: str, celery: str) -> None:
    assert broker_url(ours) == celery
    assert broker_url(celery) == celery
    assert client_url(celery) == ours
    assert client_url(ours) == ours
