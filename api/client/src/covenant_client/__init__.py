"""A typed client of Covenant's REST API: plain and on asyncio, with retries, pages, streams and webhooks."""

from covenant_client import models, operations, problems
from covenant_client.async_client import AsyncClient
from covenant_client.client import Client
from covenant_client.errors import ClientError, InvalidField, NotAuthentic, Refused, Unreachable, Unreadable
from covenant_client.retry import Retry
from covenant_client.version import VERSION as __version__
from covenant_client.webhooks import Message, verify_webhook

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "InvalidField",
    "Message",
    "NotAuthentic",
    "Refused",
    "Retry",
    "Unreachable",
    "Unreadable",
    "__version__",
    "models",
    "operations",
    "problems",
    "verify_webhook",
]
