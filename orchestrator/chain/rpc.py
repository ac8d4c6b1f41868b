"""Raw JSON-RPC over HTTP: one provider, typed errors, batches matched by id, at the rate that the provider takes.

What is asked, and whether the answer is believed, is the caller's matter.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import httpx
import orjson

from orchestrator.chain.rate import LearnedRate
from orchestrator.errors import CovenantError
from orchestrator.settings import redact_url

Call = tuple[str, Sequence[Any]]
T = TypeVar("T")

MAX_BATCH = 100

EXECUTION_REVERTED = 3
LIMITED = 429

PATIENCE = 4
"""How often the same is asked of a provider that says that it was asked too often."""
LONGEST_WISH_S = 10.0

_TOO_OFTEN = re.compile(r"rate.?limit|too many requests|requests per|throughput|compute units|capacity", re.IGNORECASE)


class RpcError(CovenantError):
    """A provider did not do what it was asked."""


class RpcRefused(RpcError):
    """The provider answered with an error. ``data``: the revert data of a reverted call, a 0x-string, if it came."""

    def __init__(self, provider: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{provider} refused: {message} (code {code})", "see the provider's message")
        self.code = code
        self.reason = message
        self.data = data

    @property
    def reverted(self) -> bool:
        """Whether a call ran and reverted, rather than not being run. Nodes agree on the word more than on the code."""
        return self.code == EXECUTION_REVERTED or self.data is not None or "revert" in self.reason.lower()


class RpcLimited(RpcRefused):
    """The provider was asked too often, also after waiting."""


class RpcUnreachable(RpcError):
    """No connection to the provider, or it broke."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider} cannot be reached: {reason}", "check RPC_URL and that the node runs")


class RpcTimeout(RpcUnreachable):
    """No answer within the time-out. A transaction may have been accepted all the same."""

    def __init__(self, provider: str, timeout_s: float) -> None:
        super().__init__(provider, f"no answer within {timeout_s:g} s")


class RpcBadAnswer(RpcError):
    """The answer is not JSON-RPC, or not an answer to what was asked."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(
            f"{provider} sent a bad answer: {reason}", "ask another provider, or check what stands at RPC_URL"
        )


class JsonRpc:
    """One JSON-RPC endpoint. Safe to use from several tasks of one event loop; close it with ``aclose``."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self.provider = redact_url(url)
        self.rate = LearnedRate()
        self._timeout_s = timeout_s
        self._url = url
        self._client = httpx.AsyncClient(timeout=timeout_s, headers={"content-type": "application/json"})
        self._ids = itertools.count(1)

    async def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result of one call. Raises RpcRefused, RpcLimited, RpcUnreachable, RpcTimeout, RpcBadAnswer."""
        outcome = await self._patiently(1, partial(self._one_call, method, params))
        if isinstance(outcome, RpcRefused):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results in the order of the calls; the first refused one is raised. Raises as ``call`` does."""
        outcomes = await self.try_batch(calls)
        for outcome in outcomes:
            if isinstance(outcome, RpcRefused):
                raise outcome
        return outcomes

    async def try_batch(self, calls: Sequence[Call]) -> list[Any]:
        """As ``batch``, with an RpcRefused in the place of each refused call's result."""
        outcomes: list[Any] = []
        for start in range(0, len(calls), MAX_BATCH):
            some = calls[start : start + MAX_BATCH]
            outcomes += await self._patiently(len(some), partial(self._one_batch, some))
        return outcomes

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _patiently(self, calls: int, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask at the rate that the provider takes, and again when it was too often all the same."""
        for remaining in reversed(range(PATIENCE)):
            await asyncio.sleep(self.rate.delay_s(calls))
            try:
                outcome = await ask()
            except RpcLimited:
                self.rate.refused()
                if not remaining:
                    raise
            else:
                self.rate.answered()
                return outcome
        raise AssertionError("the last attempt returns or raises")

    async def _one_call(self, method: str, params: Sequence[Any]) -> Any:
        request = self._request(method, params)
        answer = await self._post(request)
        if not isinstance(answer, dict) or answer.get("id") != request["id"]:
            raise RpcBadAnswer(self.provider, f"no answer to {method}")
        return self._outcome(answer)

    async def _one_batch(self, calls: Sequence[Call]) -> list[Any]:
        requests = [self._request(method, params) for method, params in calls]
        answers = await self._post(requests)
        if isinstance(answers, dict) and "error" in answers:
            refused = self._outcome(answers)
            raise refused if isinstance(refused, RpcRefused) else RpcBadAnswer(self.provider, "not a batch")
        if not isinstance(answers, list):
            raise RpcBadAnswer(self.provider, "not a batch")
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        if len(by_id) != len(requests) or any(request["id"] not in by_id for request in requests):
            raise RpcBadAnswer(self.provider, f"{len(answers)} answers to {len(requests)} calls")
        return [self._outcome(by_id[request["id"]]) for request in requests]

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def _outcome(self, answer: dict[str, Any]) -> Any:
        """The result, or the refusal. Raises RpcLimited, which concerns what was asked along with it, too."""
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise RpcBadAnswer(self.provider, "neither a result nor an error")
            return answer["result"]
        if not isinstance(error, dict):
            raise RpcBadAnswer(self.provider, "a malformed error")
        told = (int(error.get("code", 0)), str(error.get("message", "")), error.get("data"))
        refused = RpcRefused(self.provider, *told)
        if not refused.reverted and (refused.code == LIMITED or _TOO_OFTEN.search(refused.reason)):
            raise RpcLimited(self.provider, *told)
        return refused

    async def _post(self, body: Any) -> Any:
        try:
            async with self._client.stream("POST", self._url, content=orjson.dumps(body)) as response:
                # Not `aread`: a response that keeps its content is kept itself, until a search for cycles finds it.
                content = b"".join([chunk async for chunk in response.aiter_bytes()])
        except httpx.TimeoutException:
            raise RpcTimeout(self.provider, self._timeout_s) from None
        except httpx.HTTPError as error:
            raise RpcUnreachable(self.provider, type(error).__name__) from None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.rate.refused(_seconds(response.headers.get("retry-after")))
            raise RpcLimited(self.provider, LIMITED, "too many requests")
        try:
            answer = orjson.loads(content)
        except orjson.JSONDecodeError:
            answer = None
        if response.status_code != httpx.codes.OK and not isinstance(answer, (dict, list)):
            raise RpcUnreachable(self.provider, f"HTTP {response.status_code}")
        if answer is None:
            raise RpcBadAnswer(self.provider, "not JSON")
        return answer


def _seconds(retry_after: str | None) -> float:
    """Of a Retry-After header; dates are left to the learned rate."""
    return min(float(retry_after), LONGEST_WISH_S) if retry_after and retry_after.isdigit() else 0.0
