"""Nobody asks more often than the limit, over all processes together; without Redis each process counts for itself."""

from dataclasses import replace

import httpx
from redis.asyncio import Redis

from api.app import create_app
from api.identity.scopes import Role
from api.rate_limit import WINDOW_S, RateLimiter
from tests.api.keys import bearing, make_key
from tests.api.world import QUICK, SITE, World, client_of, parts_with


class Clock:
    def __init__(self) -> None:
        self.now = 1_600_000_000.0 // WINDOW_S * WINDOW_S

    def __call__(self) -> float:
        return self.now


async def admitted(limiter: RateLimiter, client: str, attempts: int) -> int:
    return sum([await limiter.retry_after_s(client) is None for _ in range(attempts)])


async def test_as_many_as_the_limit_are_let_in_a_minute(redis_url: str) -> None:
    clock = Clock()
    async with Redis.from_url(redis_url) as redis:
        limiter = RateLimiter(redis, 100, clock)
        assert await admitted(limiter, "a", 150) == 100
        assert await admitted(limiter, "b", 10) == 10
        assert await limiter.retry_after_s("a") == WINDOW_S
        clock.now += WINDOW_S - 1
        assert await limiter.retry_after_s("a") == 1
        clock.now += 1
        assert await admitted(limiter, "a", 150) == 100


async def test_processes_count_together_and_exceed_by_a_batch_at_most(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        limiters = [RateLimiter(redis, 100, Clock()) for _ in range(3)]
        let_in = 0
        for _ in range(200):
            for limiter in limiters:
                let_in += await limiter.retry_after_s("a") is None
    assert 100 <= let_in <= 100 + len(limiters) * 5


async def test_a_limit_smaller_than_a_batch_is_kept(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        assert await admitted(RateLimiter(redis, 1, Clock()), "a", 5) == 1


async def test_without_redis_the_limit_holds_in_this_process() -> None:
    clock = Clock()
    async with Redis(host="127.0.0.1", port=9) as redis:
        limiter = RateLimiter(redis, 100, clock)
        assert await admitted(limiter, "a", 150) == 100
        clock.now += WINDOW_S
        assert await admitted(limiter, "a", 150) == 100


async def test_who_asks_too_often_is_told_when_to_come_again_and_health_is_always_told(world: World) -> None:
    strict = parts_with(world, bounds=replace(QUICK, requests_per_minute=2))
    async with client_of(strict) as client:
        answers = [await client.get("/v1/offers") for _ in range(4)]
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
    limited = [answer for answer in answers if answer.status_code == 429]
    assert len(limited) >= 1
    assert limited[0].json()["code"] == "rate_limited"
    assert 1 <= int(limited[0].headers["retry-after"]) <= WINDOW_S
    assert limited[0].headers["x-request-id"]


async def test_an_account_is_counted_whatever_addresses_it_comes_from(world: World) -> None:
    key = bearing(await make_key(world.engine, "a desk", [Role.LENDER]))
    app = create_app(parts_with(world, bounds=replace(QUICK, requests_per_minute=2)))
    answers = []
    for number in range(6):  # one minute may end in between
        transport = httpx.ASGITransport(app, client=(f"192.0.2.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url=SITE.origin) as client:
            answers.append(await client.get("/v1/sessions/current", headers=key))
            assert (await client.get("/v1/offers")).status_code == 200
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited[0].json()["code"] == "rate_limited"
    assert int(limited[0].headers["retry-after"]) >= 1
