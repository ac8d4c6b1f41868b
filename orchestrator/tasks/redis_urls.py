"""A Redis URL in each library's form: a unix socket is `redis+socket://` to Celery and `unix://` to redis-py."""

from __future__ import annotations


def broker_url(redis_url: str) -> str:
    """Celery's form of a Redis URL."""
    scheme, _, rest = redis_url.partition("://")
    return redis_url if scheme != "unix" else f"redis+socket://{rest.replace('db=', 'virtual_host=')}"


def client_url(redis_url: str) -> str:
    """redis-py's form of a Redis URL."""
    scheme, _, rest = redis_url.partition("://")
    return redis_url if scheme != "redis+socket" else f"unix://{rest.replace('virtual_host=', 'db=')}"
