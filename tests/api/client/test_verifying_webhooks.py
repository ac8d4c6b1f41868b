"""What the service's webhooks say is believed, and nothing else."""

import base64
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from covenant_client import NotAuthentic, Unreadable, verify_webhook
from orchestrator.delivery.messages import body_of_test
from orchestrator.delivery.signing import WebhookSecrets

SECRETS = WebhookSecrets(b"a key of a test, thirty-two bytes and more")
ENDPOINT, MESSAGE = uuid.UUID(int=1), uuid.UUID(int=2)
SECRET = SECRETS.secret(ENDPOINT, 1)
NEXT_SECRET = SECRETS.secret(ENDPOINT, 2)
NOW = datetime(2020, 3, 12, 21, 0, tzinfo=UTC)
BODY = body_of_test(MESSAGE, NOW)


def headers(versions: list[int], body: bytes = BODY, sent_at: datetime = NOW) -> dict[str, str]:
    """As the service sends them."""
    timestamp = int(sent_at.timestamp())
    return {
        "Webhook-Id": str(MESSAGE),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": SECRETS.sign(ENDPOINT, versions, MESSAGE, timestamp, body),
    }


def test_what_the_service_signed_is_a_message() -> None:
    message = verify_webhook(headers([1]), BODY, SECRET, now=NOW)
    assert (message.id, message.type, message.timestamp) == (MESSAGE, "webhook.test", NOW)
    assert message.data == {"id": str(MESSAGE), "kind": "webhook.test"}


def test_what_another_implementation_of_the_standard_signs_is_too() -> None:
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign(str(MESSAGE), now, BODY.decode())
    given = {"webhook-id": str(MESSAGE), "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    assert verify_webhook(given, BODY, SECRET).id == MESSAGE


def test_during_a_rotation_either_secret_will_do() -> None:
    for secret in (SECRET, NEXT_SECRET, [SECRET, NEXT_SECRET]):
        assert verify_webhook(headers([2, 1]), BODY, secret, now=NOW).id == MESSAGE
    assert verify_webhook(headers([2]), BODY, [SECRET, NEXT_SECRET], now=NOW).id == MESSAGE


@pytest.mark.parametrize(
    "changed",
    [
        {"Webhook-Id": str(uuid.UUID(int=3))},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v2" + headers([1])["webhook-signature"][2:]},
        headers([2]),
        headers([1], BODY + b" "),
        headers([1], sent_at=NOW - timedelta(minutes=5, seconds=1)),
        headers([1], sent_at=NOW + timedelta(minutes=5, seconds=1)),
    ],
)
def test_anything_else_is_not_authentic(changed: Mapping[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        verify_webhook({**headers([1]), **changed}, BODY, SECRET, now=NOW)


@pytest.mark.parametrize("name", ["Webhook-Id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_is_named(name: str) -> None:
    given = headers([1])
    del given[name]
    with pytest.raises(NotAuthentic, match=name.lower()):
        verify_webhook(given, BODY, SECRET, now=NOW)


def test_a_message_is_believed_for_as_long_as_the_receiver_wants() -> None:
    long_ago = NOW - timedelta(hours=1)
    message = verify_webhook(headers([1], sent_at=long_ago), BODY, SECRET, now=NOW, tolerance=timedelta(hours=2))
    assert message.id == MESSAGE


def test_the_time_is_the_clock_s_unless_given() -> None:
    with pytest.raises(NotAuthentic, match="ago by our clock"):
        verify_webhook(headers([1]), BODY, SECRET)
    assert verify_webhook(headers([1], sent_at=datetime.now(UTC)), BODY, SECRET).id == MESSAGE


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"type": 1}', b"\xff"])
def test_what_is_signed_and_no_message_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        verify_webhook(headers([1], body), body, SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", base64.b64encode(b"without its prefix").decode()])
def test_what_is_no_secret_is_a_mistake_of_the_program(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        verify_webhook(headers([1]), BODY, secret, now=NOW)
