"""Both clients against the running application: what they read, how they are refused, and what they do once."""

import asyncio
from datetime import UTC, datetime
from itertools import islice

import pytest

from covenant_client import AsyncClient, Client, Refused, Unreadable, models, problems
from tests.api.world import BORROWER, HOUR, USDC, World


async def test_a_line_is_read_with_exact_amounts_and_aware_times(world: World, client: AsyncClient) -> None:
    await world.line(7, principal=12_345 * USDC + 1)
    line = await client.get_line(7)
    assert line.stored.principal == models.TokenAmount(base_units=12_345_000_001, token="USDC", decimals=6)
    assert type(line.stored.principal.base_units) is int
    assert line.as_of.block_number == world.head.number
    assert line.as_of.timestamp.rfc3339 == datetime.fromtimestamp(world.head.timestamp, UTC)


async def test_a_list_is_read_to_its_end_page_by_page(world: World, client: AsyncClient) -> None:
    for line_id in range(1, 6):
        await world.line(line_id)
    assert [line.line_id async for line in client.lines(limit=2)] == [1, 2, 3, 4, 5]
    first = await client.list_lines(limit=2)
    assert [line.line_id for line in first.items] == [1, 2]
    assert [line.line_id async for line in client.lines(cursor=first.next_cursor, limit=2)] == [3, 4, 5]


async def test_the_log_of_events_is_read_to_its_end(world: World, client: AsyncClient) -> None:
    await world.tell(*(world.event(0, kind="line.drawn" if n % 2 else "line.repaid") for n in range(5)))
    assert [event.position async for event in client.events(limit=2)] == [1, 2, 3, 4, 5]
    assert [event.position async for event in client.events(after=1, kind=["line.drawn"], limit=1)] == [2, 4]
    assert [event.position async for event in client.events(sort="newest", before=5, limit=2)] == [4, 3, 2, 1]


async def test_the_plain_client_reads_the_same(world: World, address: str, key: str) -> None:
    for line_id in range(1, 4):
        await world.line(line_id)

    def read() -> tuple[list[int], models.LineDetail]:
        with Client(address, api_key=key) as client:
            return [line.line_id for line in client.lines(borrower=BORROWER.address, limit=1)], client.get_line(3)

    ids, line = await asyncio.to_thread(read)
    assert ids == [1, 2, 3]
    async with AsyncClient(address, api_key=key) as client:
        assert await client.get_line(3) == line


async def test_pages_are_asked_for_when_they_are_needed(world: World, address: str) -> None:
    for line_id in range(1, 4):
        await world.line(line_id)

    def first_two() -> list[int]:
        with Client(address) as client:
            return [line.line_id for line in islice(client.lines(limit=1), 2)]

    assert await asyncio.to_thread(first_two) == [1, 2]


async def test_a_price_can_be_asked_for_however_wide_it_is(world: World, client: AsyncClient) -> None:
    await world.line(1)
    line = await client.get_line(1, price_e36=10**50 + 1, at=world.head.timestamp + HOUR)
    assert line.health.price is not None
    assert line.health.price.e36 == 10**50 + 1


# ---------------------------------------------------------------- refusals


async def test_a_refusal_is_an_exception_of_its_code_and_says_what_to_do(world: World, client: AsyncClient) -> None:
    with pytest.raises(problems.UnknownLine) as refused:
        await client.get_line(99)
    error = refused.value
    assert (error.code, error.status, error.title) == ("unknown_line", 404, "Unknown line")
    assert error.detail.startswith("there is no line 99")
    assert "GET /v1/lines" in error.hint
    assert error.request_id
    assert all(part in str(error) for part in (error.code, error.detail, error.hint, error.request_id))


async def test_a_refused_value_is_named(client: AsyncClient) -> None:
    with pytest.raises(problems.InvalidRequest) as refused:
        await client.list_lines(limit=1_000)
    assert [field.at for field in refused.value.errors] == ["query.limit"]


async def test_without_a_key_what_belongs_to_an_account_is_refused_and_no_key_is_ever_told(address: str) -> None:
    async with AsyncClient(address) as nobody:
        with pytest.raises(problems.NotSignedIn):
            await nobody.list_webhooks()
    wrong = "cov_wrong_and_secret"
    async with AsyncClient(address, api_key=wrong) as client:
        with pytest.raises(problems.BadCredentials) as refused:
            await client.list_webhooks()
    assert wrong not in f"{refused.value!r} {refused.value} {vars(client)}"


async def test_a_service_that_is_not_ready_says_so_in_its_answer(world: World, client: AsyncClient) -> None:
    ready = await client.ready()
    assert {check.name for check in ready.checks} >= {"database", "redis", "mirror"}


async def test_what_is_no_api_is_said_to_be_none(address: str) -> None:
    async with AsyncClient(f"{address}/console") as elsewhere:
        with pytest.raises((Refused, Unreadable)):
            await elsewhere.live()


# ---------------------------------------------------------------- doing something


async def test_what_is_done_with_the_same_key_is_done_once(client: AsyncClient) -> None:
    wanted = models.NewApiKey(name="once", scopes=["webhooks:write"], expires_in_days=1)
    first, second = [await client.create_api_key(wanted, idempotency_key="the-same") for _ in range(2)]
    assert first.id == second.id
    other = await client.create_api_key(wanted)
    assert other.id != first.id
    with pytest.raises(problems.IdempotencyKeyReused):
        await client.create_api_key(wanted.model_copy(update={"name": "twice"}), idempotency_key="the-same")


async def test_an_answer_without_a_body_is_none(client: AsyncClient) -> None:
    wanted = models.NewApiKey(name="gone", scopes=["webhooks:write"], expires_in_days=1)
    created = await client.create_api_key(wanted)
    assert await client.revoke_api_key(created.id) is None  # type: ignore[func-returns-value]
    assert created.id not in [key.id for key in (await client.list_api_keys()).items if key.revoked_at is None]
