"""The reading commands say what the API says: a table for people, unchanged with --json, refusals in one line."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from typer import Typer
from typer.testing import CliRunner

from api.app import create_app
from scripts.cli import alerts, events, feeds, lines, offers, webhooks
from scripts.cli._api import ApiRefused, ApiUnreachable
from scripts.processes.web import listening, serve
from tests.api.offering import posted
from tests.api.world import DAY, World, parts_with


@pytest_asyncio.fixture
async def served(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The world's application on a port of its own, and the commands pointed at it."""
    with listening("127.0.0.1", 0) as listener:
        monkeypatch.setenv("COVENANT_API_HOST", "127.0.0.1")
        monkeypatch.setenv("COVENANT_API_PORT", str(listener.getsockname()[1]))
        monkeypatch.setenv("COVENANT_API_KEY", world.operator["Authorization"].removeprefix("Bearer "))
        serving = asyncio.create_task(serve(create_app(parts_with(world)), listener))
        yield world
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def said(app: Typer, *arguments: str) -> str:
    """What a command prints; it must succeed."""
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.stdout


async def failed(app: Typer, *arguments: str) -> BaseException:
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.exception is not None
    return result.exception


async def as_json(app: Typer, *arguments: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(await said(app, *arguments, "--json"))
    return body


async def test_lines_are_listed_and_shown_with_whole_tokens(served: World) -> None:
    await served.line(1)
    await served.line(2, opened_ago_s=3 * DAY)
    listed = await said(lines.app, "list")
    assert "10,000 USDC" in listed
    assert "100 WETH" in listed
    assert "default" in listed
    assert f"as of block {served.head.number}" in listed
    only_default = await said(lines.app, "list", "--status", "default")
    assert "current" not in only_default
    shown = await said(lines.app, "show", "1")
    assert "50.00 %, liquidated above 80.00 %" in shown
    assert "124.99999999 or below" in shown


async def test_a_line_can_be_shown_at_another_price_and_second(served: World) -> None:
    await served.line()
    shown = await said(lines.app, "show", "1", "--price-e36", str(10**26), "--at", str(served.head.timestamp + DAY + 1))
    assert "100.00000000" in shown
    assert "past_due" in shown


async def test_schedule_and_mandates_are_tables(served: World) -> None:
    await served.line()
    await served.write(served.mandate(1))
    assert (await said(lines.app, "schedule", "1", "--limit", "3")).count("USDC") == 9
    assert "at 142.85714285 or below" in await said(lines.app, "mandates", "1")


async def test_offers_events_alerts_and_feeds_are_listed(served: World) -> None:
    offer = await posted(served)
    await served.write(served.event(1), served.event(2), served.alert("feed_late:a"))
    await served.write(served.feed(), served.round(1, 195 * 10**8, block=2))
    assert "50,000 USDC" in await said(offers.app, "list", "--fillable")
    assert "liquidationLtvBps" in await said(offers.app, "show", offer["offer_hash"])
    assert "more with --after 1" in await said(events.app, "list", "--limit", "1")
    alerted = await said(alerts.app, "list")
    assert "ETH/USD answered 3720 s ago" in alerted
    assert "→ wait for the feed" in alerted
    assert "195.00000000" in await said(feeds.app, "list")
    assert "195.00000000" in await said(feeds.app, "rounds", served.ground.feed)


async def test_with_json_the_answer_of_the_api_is_printed_unchanged(served: World) -> None:
    await served.line()
    assert await as_json(lines.app, "show", "1") == await served.get("/v1/lines/1")
    assert await as_json(lines.app, "list") == await served.get("/v1/lines", limit=50)
    for app, path in ((offers.app, "/v1/offers"), (events.app, "/v1/events"), (feeds.app, "/v1/feeds")):
        assert await as_json(app, "list") == await served.get(path)


async def test_nothing_to_show_is_said(served: World) -> None:
    for app in (lines.app, offers.app, events.app, alerts.app, feeds.app):
        assert (await said(app, "list")).startswith("nothing")


async def test_a_refusal_is_told_in_the_api_s_words(served: World) -> None:
    error = await failed(lines.app, "show", "9")
    assert isinstance(error, ApiRefused)
    assert error.message == f"there is no line 9 at block {served.head.number}"
    assert error.hint.startswith("line ids run from 1")
    assert isinstance(await failed(lines.app, "list", "--status", "happy"), ApiRefused)


async def test_an_api_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("COVENANT_API_PORT", str(probe.getsockname()[1]))
    error = await failed(lines.app, "list")
    assert isinstance(error, ApiUnreachable)
    assert "covenant up" in error.hint


async def test_something_else_on_the_port_is_not_taken_for_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    monkeypatch.setenv("COVENANT_API_PORT", str(server.sockets[0].getsockname()[1]))
    async with server:
        error = await failed(feeds.app, "list")
    assert isinstance(error, ApiRefused)
    assert "is not the Covenant API" in error.message


async def test_webhooks_are_listed_moved_back_and_told_again_of_one_event(served: World) -> None:
    event = served.event(1)
    await served.write(event)
    assert "no webhooks" in await said(webhooks.app, "list")
    made = await served.client.post("/v1/webhooks", json={"url": "https://example.com/"}, headers=served.operator)
    webhook = made.json()["id"]
    assert "https://example.com/" in await said(webhooks.app, "list")
    assert "nothing was sent" in await said(webhooks.app, "deliveries", webhook)
    assert (await as_json(webhooks.app, "replay", webhook, "--after", "0"))["position"] == 0
    assert str(event.id) in await said(webhooks.app, "redeliver", webhook, str(event.id))
    (delivery,) = (await as_json(webhooks.app, "deliveries", webhook))["items"]
    assert (delivery["message_id"], delivery["position"]) == (str(event.id), 1)
    assert "waits" in await said(webhooks.app, "deliveries", webhook)


async def test_a_webhook_of_nobody_is_refused_in_the_words_of_the_api(served: World) -> None:
    refused = await failed(webhooks.app, "replay", str(uuid.uuid4()), "--after", "0")
    assert isinstance(refused, ApiRefused)
    assert "you have no webhook" in refused.message
