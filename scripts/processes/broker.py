"""Is there a Redis? Asked once at the start, so that the answer is one clear line and not a traceback of Celery."""

from __future__ import annotations

import redis

from orchestrator.errors import CovenantError
from orchestrator.settings import Settings
from orchestrator.tasks.redis_urls import client_url

TIMEOUT_S = 5.0


class BrokerUnreachable(CovenantError):
    """No connection to Redis."""


def require_broker(settings: Settings) -> None:
    """Raises SettingsError without REDIS_URL, and BrokerUnreachable."""
    url = client_url(settings.require_redis_url())
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as client:
            client.ping()
    except redis.RedisError as error:
        raise BrokerUnreachable(
            f"Redis cannot be reached: {type(error).__name__}", "check REDIS_URL and that the server runs"
        ) from None
