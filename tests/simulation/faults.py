"""How a provider can fail to answer, or answer wrongly. A fault waits for a request that it fits."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

import orjson

Json = Any


class Fault(StrEnum):
    """What goes wrong with one answer."""

    REFUSED = "refused"
    ONE_REFUSED = "one of the batch refused"
    TOO_MANY_REQUESTS = "429"
    RATE_LIMITED = "a limit as a JSON-RPC error"
    BAD_GATEWAY = "a page of a gateway"
    RESET = "connection reset"
    SILENT = "no answer until the time-out"
    LATE = "answered late"
    CUT_OFF = "cut off in the middle"
    GARBLED = "half of the JSON, as if it were all"
    BATCH_SHORT = "an answer of the batch missing"
    BATCH_SHUFFLED = "the batch in another order"
    BATCH_DOUBLED = "one answer of the batch twice"
    LOG_LEFT_OUT = "one log left out"
    LOGS_LEFT_OUT = "all logs of a block left out"
    LOGS_REORDERED = "two logs exchanged"
    NO_RECEIPTS = "receipts of a block it says it does not know"
    RECEIPTS_OF_ANOTHER = "receipts that name another block"
    NO_BLOCK = "a block it says it does not know"
    BLOCK_TAMPERED = "a header changed"
    BLOCK_ORPHANED = "a block of another branch"


class Manner(StrEnum):
    """How the bytes of an answer are delivered."""

    WHOLE = "whole"
    RESET = "reset"
    SILENT = "silent"
    LATE = "late"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a request."""

    method: str
    params: Sequence[Json]


@dataclass(slots=True)
class Answer:
    """An answer on its way: ``replies`` in the order of the calls, ``batched`` as the request was."""

    calls: Sequence[Call]
    replies: list[dict[str, Json]]
    batched: bool
    status: int = 200
    page: bytes | None = None
    manner: Manner = Manner.WHOLE
    garbled: bool = field(default=False)

    def body(self) -> bytes:
        if self.page is not None:
            return self.page
        body = orjson.dumps(self.replies if self.batched else self.replies[0])
        return body[: len(body) // 2] if self.garbled else body


Orphans = Callable[[int], Sequence[Json]]
"""Blocks of a number that were once canonical and are not now."""

Distortion = Callable[[Answer, Random, Orphans], bool]
"""Changes an answer; False when there is nothing in it to change."""


def distort(fault: Fault, answer: Answer, random: Random, orphans: Orphans) -> bool:
    """Whether the fault fits this answer, which is then changed."""
    return _DISTORTIONS[fault](answer, random, orphans)


# ---------------------------------------------------------------- the whole answer


def _page(status: int, page: bytes) -> Distortion:
    def distortion(answer: Answer, _random: Random, _orphans: Orphans) -> bool:
        answer.status, answer.page = status, page
        return True

    return distortion


def _delivered(manner: Manner) -> Distortion:
    def distortion(answer: Answer, _random: Random, _orphans: Orphans) -> bool:
        answer.manner = manner
        return True

    return distortion


def _garble(answer: Answer, _random: Random, _orphans: Orphans) -> bool:
    answer.garbled = True
    return True


def _error(code: int, message: str) -> Distortion:
    """A batch that is refused as a whole is answered by one error, not by many."""

    def distortion(answer: Answer, _random: Random, _orphans: Orphans) -> bool:
        reply = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
        if not answer.batched:
            reply["id"] = answer.replies[0]["id"]
        answer.replies, answer.batched = [reply], False
        return True

    return distortion


# ---------------------------------------------------------------- the batch


def _refuse_one(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    reply = random.choice(answer.replies)
    reply.pop("result", None)
    reply["error"] = {"code": -32603, "message": "internal error"}
    return True


def _shorten(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    if len(answer.replies) < 2:
        return False
    answer.replies.pop(random.randrange(len(answer.replies)))
    return True


def _shuffle(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    if len(answer.replies) < 2:
        return False
    random.shuffle(answer.replies)
    return True


def _double(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    if len(answer.replies) < 2:
        return False
    one, other = random.sample(range(len(answer.replies)), 2)
    answer.replies[one] = answer.replies[other]
    return True


# ---------------------------------------------------------------- logs and blocks


def _leave_out_a_log(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    places = [logs for reply in answer.replies for logs in _log_lists(reply) if logs]
    if not places:
        return False
    logs = random.choice(places)
    logs.pop(random.randrange(len(logs)))
    return True


def _leave_out_all_logs(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    replies = [reply for reply in answer.replies if any(_log_lists(reply))]
    if not replies:
        return False
    reply = random.choice(replies)
    for logs in _log_lists(reply):
        logs.clear()
    return True


def _reorder_logs(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    places = [logs for reply in answer.replies for logs in _log_lists(reply) if len(logs) > 1]
    if not places:
        return False
    logs = random.choice(places)
    at = random.randrange(len(logs) - 1)
    logs[at], logs[at + 1] = logs[at + 1], logs[at]
    return True


def _forget(method: str) -> Distortion:
    def distortion(answer: Answer, random: Random, _orphans: Orphans) -> bool:
        known = [reply for reply in _answers_to(answer, method) if reply["result"] is not None]
        if not known:
            return False
        random.choice(known)["result"] = None
        return True

    return distortion


def _exchange_receipts(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    known = [reply for reply in _answers_to(answer, "eth_getBlockReceipts") if reply["result"]]
    if not known:
        return False
    receipts = random.choice(known)["result"]
    for receipt in receipts:
        receipt["blockHash"] = "0x" + "ab" * 32
        for log in receipt["logs"]:
            log["blockHash"] = receipt["blockHash"]
    return True


def _tamper(answer: Answer, random: Random, _orphans: Orphans) -> bool:
    known = [reply for reply in _answers_to(answer, "eth_getBlockByNumber") if reply["result"]]
    if not known:
        return False
    block = random.choice(known)["result"]
    name = random.choice(("logsBloom", "receiptsRoot", "parentHash", "timestamp"))
    block[name] = block[name][:-1] + ("1" if block[name][-1] == "0" else "0")
    return True


def _orphan(answer: Answer, random: Random, orphans: Orphans) -> bool:
    known = [reply for reply in _answers_to(answer, "eth_getBlockByNumber") if reply["result"]]
    random.shuffle(known)
    for reply in known:
        others = orphans(int(reply["result"]["number"], 16))
        if others:
            reply["result"] = copy.deepcopy(random.choice(others))
            return True
    return False


def _answers_to(answer: Answer, method: str) -> list[dict[str, Json]]:
    """Results, as long as they stand in the order of the calls."""
    pairs = zip(answer.calls, answer.replies, strict=False)
    return [reply for call, reply in pairs if call.method == method and "result" in reply]


def _log_lists(reply: Mapping[str, Json]) -> list[list[Json]]:
    """The lists of logs in a result: of `eth_getLogs` one, of receipts one each."""
    result = reply.get("result")
    if isinstance(result, dict) and isinstance(result.get("logs"), list):
        return [result["logs"]]
    if not isinstance(result, list) or not result or not isinstance(result[0], dict):
        return []
    if "logIndex" in result[0]:
        return [result]
    return [receipt["logs"] for receipt in result if isinstance(receipt.get("logs"), list)]


_DISTORTIONS: Final[Mapping[Fault, Distortion]] = {
    Fault.REFUSED: _error(-32603, "internal error"),
    Fault.ONE_REFUSED: _refuse_one,
    Fault.TOO_MANY_REQUESTS: _page(429, b"slow down"),
    Fault.RATE_LIMITED: _error(-32005, "limit exceeded"),
    Fault.BAD_GATEWAY: _page(502, b"<html>bad gateway</html>"),
    Fault.RESET: _delivered(Manner.RESET),
    Fault.SILENT: _delivered(Manner.SILENT),
    Fault.LATE: _delivered(Manner.LATE),
    Fault.CUT_OFF: _delivered(Manner.CUT_OFF),
    Fault.GARBLED: _garble,
    Fault.BATCH_SHORT: _shorten,
    Fault.BATCH_SHUFFLED: _shuffle,
    Fault.BATCH_DOUBLED: _double,
    Fault.LOG_LEFT_OUT: _leave_out_a_log,
    Fault.LOGS_LEFT_OUT: _leave_out_all_logs,
    Fault.LOGS_REORDERED: _reorder_logs,
    Fault.NO_RECEIPTS: _forget("eth_getBlockReceipts"),
    Fault.RECEIPTS_OF_ANOTHER: _exchange_receipts,
    Fault.NO_BLOCK: _forget("eth_getBlockByNumber"),
    Fault.BLOCK_TAMPERED: _tamper,
    Fault.BLOCK_ORPHANED: _orphan,
}
