"""What the shared fixtures promise to the other tests."""

import httpx
import psycopg
import pytest
import redis


def connect(database_url: str) -> psycopg.Connection:
    return psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_has_a_database_of_its_own(database_url: str, attempt: int) -> None:
    with connect(database_url) as connection:
        connection.execute("CREATE TABLE only_once (id int)")


def test_postgres_listens_on_no_port(database_url: str) -> None:
    with connect(database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_finds_redis_empty(redis_url: str, attempt: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("key", "value")


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_test_has_a_chain_of_its_own(anvil: str, attempt: int) -> None:
    async def rpc(method: str) -> object:
        answer = await client.post(anvil, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": []})
        return answer.json()["result"]

    async with httpx.AsyncClient() as client:
        assert await rpc("eth_chainId") == "0x7a69"
        assert await rpc("eth_blockNumber") == "0x0"
        await rpc("anvil_mine")
