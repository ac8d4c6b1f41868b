"""JSON-RPC over real sockets: every way in which a provider can fail has a type of its own, and names no key."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import orjson
import pytest

from orchestrator.chain.rpc import (
    MAX_BATCH,
    JsonRpc,
    RpcBadAnswer,
    RpcError,
    RpcLimited,
    RpcRefused,
    RpcTimeout,
    RpcUnreachable,
)

Respond = Callable[[bytes], bytes]


@asynccontextmanager
async def provider(respond: Respond, status: str = "200 OK", timeout_s: float = 5) -> AsyncIterator[JsonRpc]:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError):  # the client is done
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
                body = respond(await reader.readexactly(length))
                if body:
                    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
                    await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rpc = JsonRpc(f"http://user:hush@127.0.0.1:{port}/v2/hush?key=hush", timeout_s)
    try:
        yield rpc
    finally:
        await rpc.aclose()
        server.close()
        for writer in writers:
            writer.close()
            await writer.wait_closed()


def result(value: object) -> Respond:
    def respond(body: bytes) -> bytes:
        return orjson.dumps({"jsonrpc": "2.0", "id": orjson.loads(body)["id"], "result": value})

    return respond


def error(code: int, message: str, data: object = None) -> Respond:
    def respond(body: bytes) -> bytes:
        told = {"code": code, "message": message, "data": data}
        return orjson.dumps({"jsonrpc": "2.0", "id": orjson.loads(body)["id"], "error": told})

    return respond


async def failure(rpc: JsonRpc) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await rpc.call("eth_chainId")
    assert "hush" not in str(caught.value)
    return caught.value


async def test_a_result_is_returned_null_too() -> None:
    async with provider(result("0x1")) as rpc:
        assert await rpc.call("eth_chainId") == "0x1"
    async with provider(result(None)) as rpc:
        assert await rpc.call("eth_getBlockByHash", ["0x", False]) is None


async def test_an_error_keeps_code_message_and_revert_data() -> None:
    async with provider(error(3, "execution reverted", "0x08c379a0")) as rpc:
        refused = await failure(rpc)
    assert isinstance(refused, RpcRefused)
    assert (refused.code, refused.reason, refused.data) == (3, "execution reverted", "0x08c379a0")


@pytest.mark.parametrize(
    ("code", "message", "data", "reverted"),
    [
        (3, "execution reverted", "0x", True),
        (-32000, "execution reverted", None, True),
        (-32015, "VM error", "0x08c379a0", True),
        (-32000, "header not found", None, False),
        (-32001, "Resource not found", None, False),
    ],
)
async def test_a_revert_is_told_from_a_call_that_was_not_run(
    code: int, message: str, data: str | None, reverted: bool
) -> None:
    async with provider(error(code, message, data)) as rpc:
        refused = await failure(rpc)
    assert isinstance(refused, RpcRefused)
    assert refused.reverted is reverted


async def test_silence_is_a_timeout() -> None:
    async with provider(lambda _: b"", timeout_s=0.05) as rpc:
        assert isinstance(await failure(rpc), RpcTimeout)


async def test_a_closed_port_is_unreachable() -> None:
    rpc = JsonRpc("http://127.0.0.1:1/hush")
    failed = await failure(rpc)
    assert isinstance(failed, RpcUnreachable)
    assert failed.message == "http://127.0.0.1:1 cannot be reached: ConnectError"
    await rpc.aclose()


async def test_too_many_requests_is_a_refusal_and_a_broken_gateway_is_not() -> None:
    async with provider(lambda _: b"slow down", "429 Too Many Requests") as rpc:
        assert isinstance(await failure(rpc), RpcRefused)
    async with provider(lambda _: b"<html>", "502 Bad Gateway") as rpc:
        assert isinstance(await failure(rpc), RpcUnreachable)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"jsonrpc": "2.0", "id": 999, "result": "0x1"}',
        b'{"jsonrpc": "2.0", "id": 1}',
        b'{"jsonrpc": "2.0", "id": 1, "error": "no"}',
    ],
)
async def test_what_is_not_an_answer_to_the_question_is_a_bad_answer(body: bytes) -> None:
    async with provider(lambda _: body) as rpc:
        assert isinstance(await failure(rpc), RpcBadAnswer)


async def test_a_batch_refused_as_a_whole_is_a_refusal() -> None:
    def respond(_: bytes) -> bytes:
        return b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "batch too large"}}'

    async with provider(respond) as rpc:
        with pytest.raises(RpcRefused, match="batch too large"):
            await rpc.batch([("eth_chainId", ())])


async def test_one_refused_call_of_a_batch_stands_in_its_place() -> None:
    def respond(body: bytes) -> bytes:
        first, second = orjson.loads(body)
        answers = [{"id": second["id"], "error": {"code": 3, "message": "no"}}, {"id": first["id"], "result": 7}]
        return orjson.dumps([{"jsonrpc": "2.0", **answer} for answer in answers])

    async with provider(respond) as rpc:
        first, second = await rpc.try_batch([("a", ()), ("b", ())])
    assert first == 7
    assert isinstance(second, RpcRefused)


async def test_a_large_batch_is_asked_in_parts() -> None:
    sizes: list[int] = []

    def respond(body: bytes) -> bytes:
        requests = orjson.loads(body)
        sizes.append(len(requests))
        return orjson.dumps([{"jsonrpc": "2.0", "id": item["id"], "result": item["params"][0]} for item in requests])

    async with provider(respond) as rpc:
        numbers = list(range(2 * MAX_BATCH + 1))
        assert await rpc.batch([("echo", (number,)) for number in numbers]) == numbers
    assert sizes == [MAX_BATCH, MAX_BATCH, 1]


@pytest.mark.parametrize(
    ("code", "message"), [(-32005, "daily request count exceeded, request rate limited"), (429, "slow down")]
)
async def test_a_provider_that_was_asked_too_often_is_asked_again_more_slowly(code: int, message: str) -> None:
    refusals = [error(code, message), error(code, message)]

    def respond(body: bytes) -> bytes:
        return refusals.pop()(body) if refusals else result("0x1")(body)

    async with provider(respond) as rpc:
        rpc.rate.delay_s(100)
        assert await rpc.call("eth_chainId") == "0x1"
        assert rpc.rate.calls_per_s is not None


async def test_one_limited_call_of_a_batch_repeats_the_batch() -> None:
    posted: list[int] = []

    def respond(body: bytes) -> bytes:
        requests = orjson.loads(body)
        posted.append(len(requests))
        answers = [{"jsonrpc": "2.0", "id": request["id"], "result": "0x1"} for request in requests]
        if len(posted) == 1:
            answers[1] = {"jsonrpc": "2.0", "id": requests[1]["id"], "error": {"code": 429, "message": "later"}}
        return orjson.dumps(answers)

    async with provider(respond) as rpc:
        rpc.rate.delay_s(100)
        assert await rpc.batch([("eth_chainId", ())] * 3) == ["0x1"] * 3
        assert posted == [3, 3]


async def test_a_provider_that_never_gets_enough_time_is_given_up() -> None:
    async with provider(lambda _body: b"{}", status="429 Too Many Requests") as rpc:
        rpc.rate.delay_s(1_000)
        assert isinstance(await failure(rpc), RpcLimited)


@pytest.mark.parametrize("message", ["execution reverted: rate limit", "query returned more than 10000 results"])
async def test_what_a_contract_says_or_an_answer_that_is_too_large_is_no_matter_of_rate(message: str) -> None:
    async with provider(error(-32005, message)) as rpc:
        refused = await failure(rpc)
        assert not isinstance(refused, RpcLimited)
        assert rpc.rate.calls_per_s is None
