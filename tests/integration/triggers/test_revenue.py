"""From a card payment to a repayment: signed webhooks, reporters, a feed, a SHARE mandate, engine and sender."""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from oracles.facts.fact import Fact
from oracles.facts.receipts import Receipts
from oracles.facts.revenue import RevenueFact
from oracles.facts.webhooks import Secret
from oracles.reporting.endpoint import RECEIPTS_PATH, ReceiptsDesk
from tests.integration.mirror.ground import USDC
from tests.integration.oracles.club import Clock, Club, open_club
from tests.integration.triggers.ground import Service

REPORTERS = 3
CENTS = 2
SECRET = Secret.of("whsec_" + base64.b64encode(b"shared with the card company").decode())


@pytest.fixture
async def club(service: Service) -> AsyncIterator[Club]:
    files = [Receipts(":memory:") for _ in range(REPORTERS)]

    def equip(place: int, clock: Clock) -> tuple[Fact, ReceiptsDesk | None]:
        desk = ReceiptsDesk(files[place], "bakery", "USD", [SECRET], clock.now)
        return RevenueFact("bakery", files[place], clock.now), desk

    async with open_club(
        service.chain_url, reporters=REPORTERS, quorum=REPORTERS, equip=equip, decimals=CENTS, start=0
    ) as club:
        yield club
    for file in files:
        file.close()


async def receive(club: Club, event_id: str, cents: int, kind: str = "card.captured") -> list[object]:
    """The payment provider tells each reporter. What they answer."""
    data = {"amount": cents, "currency": "USD", "occurred_at": club.clock.at}
    body, at = json.dumps({"type": kind, "data": data}).encode(), club.clock.at
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": SECRET.sign(event_id, at, body),
    }
    async with httpx.AsyncClient() as client:
        answers = [
            await client.post(f"{url}{RECEIPTS_PATH}/bakery", content=body, headers=headers)
            for url in club.reporters[0].peers.values()
        ]
    return [answer.json() for answer in answers]


async def report(club: Club) -> int:
    """A moment passes, and every reporter looks. The feed's answer."""
    await club.clock.pass_(1)
    await club.step()
    return (await club.state()).answer


async def test_a_share_of_what_a_merchant_takes_in_repays_its_line(service: Service, club: Club) -> None:
    assert await receive(club, "evt_1", 100_00) == [{"counted": True}] * REPORTERS
    assert await report(club) == 100_00
    line = await service.drawn_line()
    await service.ground.register_mandate(line, kind=3, feed=club.feed.id.address, shareBps=1_000)
    await service.settle()
    assert await service.triggers() == []

    await club.clock.pass_(1)
    await receive(club, "evt_2", 550_00)
    await receive(club, "evt_3", 50_00, "card.refunded")
    assert await receive(club, "evt_2", 550_00) == [{"counted": False}] * REPORTERS
    assert await report(club) == 600_00
    await service.settle()
    (trigger,) = await service.triggers()
    assert (trigger.status, trigger.pays) == ("done", 50 * USDC)


async def test_a_receipt_that_nobody_signed_reaches_no_feed(service: Service, club: Club) -> None:
    await receive(club, "evt_1", 100_00)
    await report(club)
    body = json.dumps(
        {"type": "card.captured", "data": {"amount": 10**9, "currency": "USD", "occurred_at": 1}}
    ).encode()
    headers = {"webhook-id": "evt_2", "webhook-timestamp": str(club.clock.at), "webhook-signature": "v1,AAAA"}
    async with httpx.AsyncClient() as client:
        for url in club.reporters[0].peers.values():
            refused = await client.post(f"{url}{RECEIPTS_PATH}/bakery", content=body, headers=headers)
            assert refused.status_code == 400
    assert await report(club) == 100_00
