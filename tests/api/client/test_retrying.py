"""What a client does when the service is away, busy or broken: again if that is safe, and never for ever."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant_client import AsyncClient, Client, Refused, Retry, Unreachable, Unreadable, models, operations, problems
from covenant_client.request import Request
from covenant_client.retry import Patience, retry_after_s
from tests.api.client.scripted import HANGS_UP, answer, problem, scripted

QUICK = Retry(attempts=3, first_pause_s=0.001)
LIVE = answer(200, b'{"live": true}')
KEYED = operations.start_sign_in(models.SignInRequest(address="0x" + "11" * 20))
CHALLENGE = answer(200, b'{"message": "m", "nonce": "n", "expires_at": {"epoch_s": 1, "rfc3339": null}}')

Ask = Callable[[str, Request[Any]], Awaitable[Any]]


async def ask_async(address: str, request: Request[Any]) -> Any:
    async with AsyncClient(address, retry=QUICK) as client:
        return await client.send(request)


async def ask_plain(address: str, request: Request[Any]) -> Any:
    def ask() -> Any:
        with Client(address, retry=QUICK) as client:
            return client.send(request)

    return await asyncio.to_thread(ask)


@pytest.fixture(params=[ask_plain, ask_async], ids=["plain", "asyncio"])
def ask(request: pytest.FixtureRequest) -> Ask:
    asking: Ask = request.param
    return asking


@pytest.mark.parametrize(
    "trouble",
    [HANGS_UP, problem(503, "database_unavailable"), problem(429, "rate_limited"), answer(502, b"<html>", "text/html")],
    ids=["hangs up", "503", "429", "a proxy's 502"],
)
async def test_what_is_away_for_a_moment_is_asked_again(ask: Ask, trouble: bytes) -> None:
    async with scripted(trouble, trouble, LIVE) as server:
        assert await ask(server.address, operations.live())
    assert [asked.target for asked in server.asked] == ["/health/live"] * 3


async def test_a_key_stays_the_same_when_a_request_is_repeated(ask: Ask) -> None:
    async with scripted(HANGS_UP, problem(503, "database_unavailable"), CHALLENGE) as server:
        await ask(server.address, KEYED)
    first, *others = server.asked
    assert first.headers["idempotency-key"] == KEYED.idempotency_key
    assert [(asked.headers["idempotency-key"], asked.body) for asked in others] == [
        (KEYED.idempotency_key, first.body)
    ] * 2


def test_each_call_has_a_key_of_its_own() -> None:
    body = models.SignInRequest(address="0x" + "11" * 20)
    assert operations.start_sign_in(body).idempotency_key != operations.start_sign_in(body).idempotency_key


async def test_what_could_act_twice_is_not_repeated_once_it_may_have_arrived(ask: Ask) -> None:
    without_key = replace(KEYED, idempotency_key=None)
    async with scripted(HANGS_UP, CHALLENGE) as server:
        with pytest.raises(Unreachable):
            await ask(server.address, without_key)
        assert len(server.asked) == 1
    async with scripted(problem(503, "database_unavailable"), CHALLENGE) as server:
        with pytest.raises(problems.DatabaseUnavailable):
            await ask(server.address, without_key)
    async with scripted(problem(429, "rate_limited"), CHALLENGE) as server:
        await ask(server.address, without_key)
    assert len(server.asked) == 2


async def test_it_gives_up_after_so_many_attempts_and_says_what_came_last(ask: Ask) -> None:
    async with scripted(problem(503, "mirror_empty", x_request_id="r1")) as server:
        with pytest.raises(problems.MirrorEmpty, match=r"\[request r1\]"):
            await ask(server.address, operations.live())
    assert len(server.asked) == QUICK.attempts


async def test_a_port_that_nobody_listens_on_is_unreachable(ask: Ask) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="after 3 attempts"):
            await ask(f"http://127.0.0.1:{taken.getsockname()[1]}", operations.live())


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
async def test_what_will_not_change_is_not_repeated(status: int) -> None:
    async with scripted(problem(status, "a_code_of_tomorrow"), LIVE) as server:
        with pytest.raises(Refused) as refused:
            await ask_async(server.address, operations.live())
    assert type(refused.value) is Refused
    assert (refused.value.status, refused.value.code, len(server.asked)) == (status, "a_code_of_tomorrow", 1)


async def test_an_answer_of_somebody_else_is_unreadable_and_not_quoted(ask: Ask) -> None:
    for status in (200, 404):
        async with scripted(answer(status, b"<html>secret", "text/html")) as server:
            with pytest.raises(Unreadable) as unreadable:
                await ask(server.address, operations.live())
        assert "secret" not in str(unreadable.value)
        assert len(server.asked) == 1


async def test_an_answer_that_carries_its_state_is_one_whatever_its_status(ask: Ask) -> None:
    async with scripted(answer(503, b'{"ready": false, "checks": []}')) as server:
        assert not (await ask(server.address, operations.ready())).ready
    assert len(server.asked) == 1


async def test_a_redirect_takes_the_key_nowhere(ask: Ask) -> None:
    async with scripted(LIVE) as elsewhere, scripted(answer(307, b"", location=elsewhere.address)) as server:
        with pytest.raises(Unreadable):
            await ask(server.address, operations.live())
    assert elsewhere.asked == []


# ---------------------------------------------------------------- how long


def refuse(patience: Patience, status: int, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    patience.refused(httpx.Response(status, headers=named, request=httpx.Request("GET", "http://covenant.test/")))


def test_a_pause_that_is_asked_for_is_kept() -> None:
    patience = Patience(Retry(), repeatable=True, chance=lambda: 0.0)
    refuse(patience, 429, retry_after="17")
    assert patience.pause_s == 17.0


def test_a_pause_that_is_too_long_is_not_waited_for() -> None:
    with pytest.raises(Unreadable):
        refuse(Patience(Retry(longest_pause_s=10), repeatable=True), 429, retry_after="11")


def test_pauses_double_from_the_first_until_it_goes_well() -> None:
    patience = Patience(Retry(attempts=5, first_pause_s=1.0), repeatable=True, chance=lambda: 0.999_999)
    pauses = []
    for _ in range(4):
        refuse(patience, 503)
        pauses.append(round(patience.pause_s, 3))
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    patience.renew()
    refuse(patience, 503)
    assert round(patience.pause_s, 3) == 1.0


@given(
    failures=st.integers(1, 100),
    asked_s=st.none() | st.floats(0, 1e6),
    chance=st.floats(0, 1, exclude_max=True),
    attempts=st.integers(1, 50),
)
def test_no_pause_is_shorter_than_what_is_asked_for_nor_longer_than_the_longest(
    failures: int, asked_s: float | None, chance: float, attempts: int
) -> None:
    retry = Retry(attempts=attempts, first_pause_s=0.5, longest_pause_s=60.0)
    pause_s = retry.pause_s(failures, asked_s, chance)
    if pause_s is None:
        assert failures >= attempts or (asked_s or 0) > retry.longest_pause_s
    else:
        assert failures < attempts
        assert max(asked_s or 0.0, 0.25) <= pause_s <= retry.longest_pause_s


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    now = datetime(2020, 3, 12, 21, 0, tzinfo=UTC)
    read = {
        text: retry_after_s(httpx.Response(503, headers={"Retry-After": text}), now)
        for text in ("9", "", "soon", "-1", "٣", format_datetime(now + timedelta(seconds=30)), format_datetime(now))
        if text.isascii()
    }
    assert list(read.values()) == [9.0, None, None, None, 30.0, 0.0]
