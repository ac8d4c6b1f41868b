"""Receipts by signed webhooks: each counted once, whoever repeats it, and none that its provider did not sign."""

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.facts.fact import NothingSeen
from oracles.facts.receipts import Receipt, ReceiptChanged, Receipts
from oracles.facts.revenue import RevenueFact
from oracles.facts.webhooks import MAX_BODY_BYTES, Secret, WebhookRefused, receipt_of
from oracles.reporting.endpoint import ReceiptsDesk

NOW = 1_700_000_000
SECRET = Secret.of("whsec_" + base64.b64encode(b"s" * 32).decode())
OTHER = Secret.of("whsec_" + base64.b64encode(b"o" * 32).decode())


def body(kind: str = "card.captured", **data: object) -> bytes:
    said = {"amount": 1_250, "currency": "USD", "occurred_at": NOW - 60} | data
    return json.dumps({"type": kind, "data": said}).encode()


def headers(content: bytes, event_id: str = "msg_1", at: int = NOW, secret: Secret = SECRET) -> dict[str, str]:
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": secret.sign(event_id, at, content),
    }


def receipt(content: bytes, given: dict[str, str], secrets: tuple[Secret, ...] = (SECRET,)) -> Receipt:
    return receipt_of("bakery", given, content, secrets, "USD", NOW)


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    file = Receipts(tmp_path / "receipts.db")
    yield file
    file.close()


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of Standard Webhooks: secret, id, timestamp, body and signature as published there."""
    secret = Secret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("kind", "cents"),
    [("card.captured", 1_250), ("bank.received", 1_250), ("card.refunded", -1_250), ("card.charged_back", -1_250)],
)
def test_receipts_add_and_refunds_take_away(kind: str, cents: int) -> None:
    content = body(kind)
    assert receipt(content, headers(content)) == Receipt("bakery", "msg_1", cents, NOW - 60)


def test_while_a_secret_is_changed_either_counts() -> None:
    content = body()
    assert receipt(content, headers(content, secret=OTHER), (SECRET, OTHER)).cents == 1_250
    both = headers(content) | {"webhook-signature": "v1,AAAA " + SECRET.sign("msg_1", NOW, content)}
    assert receipt(content, both).cents == 1_250


def test_what_was_changed_on_the_way_is_refused() -> None:
    content, given = body(), headers(body())
    for changed in (
        (body(amount=9_999_999), given),
        (content, given | {"webhook-id": "msg_2"}),
        (content, given | {"webhook-timestamp": str(NOW - 1)}),
        (content, given | {"webhook-signature": ""}),
        (content, given | {"webhook-signature": given["webhook-signature"].replace("v1,", "v2,")}),
        (content, headers(content, secret=OTHER)),
    ):
        with pytest.raises(WebhookRefused, match="the signature is not"):
            receipt(*changed)


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_an_old_webhook_is_refused_though_it_is_signed(at: int) -> None:
    content = body()
    with pytest.raises(WebhookRefused, match="301 s old or new"):
        receipt(content, headers(content, at=at))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "no JSON object"),
        (b'{"type": "card.captured"}', "no JSON object with data"),
        (body("card.blessed"), "type is 'card.blessed'"),
        (body(amount=-5), "data.amount is -5"),
        (body(amount=1.5), "data.amount is 1.5"),
        (body(amount=True), "data.amount is True"),
        (body(currency="EUR"), "currency is 'EUR', not USD"),
        (body(occurred_at=None), "data.occurred_at is None"),
        (b" " * (MAX_BODY_BYTES + 1), "larger than"),
    ],
)
def test_what_is_signed_but_no_receipt_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        receipt(content, headers(content))
    assert reason in refused.value.message


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_weak_secret_is_refused_and_none_is_shown(text: str) -> None:
    with pytest.raises(WebhookRefused):
        Secret.of(text)
    assert repr(SECRET) == "<Secret>"


def test_a_webhook_that_comes_twice_is_counted_once(receipts: Receipts) -> None:
    desk = ReceiptsDesk(receipts, "bakery", "USD", [SECRET], now=lambda: NOW)
    content = body()
    assert desk.take(headers(content), content) is True
    assert desk.take(headers(content, at=NOW - 5), content) is False
    assert receipts.total("bakery") == Decimal("12.50")


def test_an_event_that_comes_again_with_another_amount_is_told_and_not_counted(receipts: Receipts) -> None:
    receipts.add(Receipt("bakery", "msg_1", 1_250, NOW))
    with pytest.raises(ReceiptChanged, match="was 1250 cents and is now 9999"):
        receipts.add(Receipt("bakery", "msg_1", 9_999, NOW))
    assert receipts.total("bakery") == Decimal("12.50")


def test_what_was_counted_is_still_there_after_a_restart(tmp_path: Path) -> None:
    first = Receipts(tmp_path / "receipts.db")
    first.add(Receipt("bakery", "msg_1", 1_250, NOW))
    first.close()
    again = Receipts(tmp_path / "receipts.db")
    assert again.add(Receipt("bakery", "msg_1", 1_250, NOW)) is False
    assert again.total("bakery") == Decimal("12.50")
    again.close()


async def test_revenue_is_the_sum_of_one_merchant_and_nothing_before_its_first_receipt(receipts: Receipts) -> None:
    fact = RevenueFact("bakery", receipts, now=lambda: NOW)
    receipts.add(Receipt("butcher", "msg_1", 500, NOW))
    with pytest.raises(NothingSeen, match="no receipt has come yet"):
        await fact.look()
    receipts.add(Receipt("bakery", "msg_1", 500, NOW))
    receipts.add(Receipt("bakery", "msg_2", -200, NOW))
    assert (await fact.look()).value == Decimal("3.00")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-(10**6), 10**6)), max_size=40))
def test_whatever_is_repeated_the_sum_is_that_of_the_first_of_each_event(events: list[tuple[int, int]]) -> None:
    receipts, first = Receipts(":memory:"), dict[int, int]()
    for number, cents in events:
        new = number not in first
        first.setdefault(number, cents)
        try:
            assert receipts.add(Receipt("bakery", str(number), cents, NOW)) is new
        except ReceiptChanged:
            assert cents != first[number]
    assert receipts.total("bakery") == (Decimal(sum(first.values())) / 100 if first else None)
    receipts.close()
