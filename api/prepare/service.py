"""Builds the transaction of an action, and asks the node what it would do at the head."""

from __future__ import annotations

from typing import Any, Final

from api.feeds.repository import FeedRepository
from api.lines.problems import unknown_line
from api.lines.rows import Place, find_line
from api.nodes import Nodes
from api.offers.fillable import posted_of
from api.offers.problems import UNKNOWN_OFFER
from api.offers.repository import OfferRepository
from api.prepare.actions import Action, Approve, Call, Facts, OnLine, Open, RegisterMandate
from api.prepare.erc20 import ERC20
from api.prepare.hints import ANY_OTHER, HINTS
from api.prepare.problems import UNKNOWN_TOKEN
from api.prepare.schemas import Allowance, PreparedTransaction, Revert, Simulation
from api.problems import Problem
from api.snapshot import Snapshot
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.transactions.errors import revert_data

_SPARE_PERCENT: Final = 20


async def prepare(action: Action, snapshot: Snapshot, nodes: Nodes) -> PreparedTransaction:
    """The unsigned transaction of ``action``.

    Raises:
        Problem: a line, offer or token that is not there.
        RpcError: no node answers.
    """
    facts = await _facts(action, snapshot)
    await snapshot.release()
    call = action.call(facts)
    data = "0x" + call.contract.encode_call(call.function, *call.arguments).hex()
    transaction = {"from": action.sender, "to": call.to, "data": data}
    simulation, gas_limit = await nodes.ask(lambda rpc: _simulate(rpc, call, transaction))
    return PreparedTransaction(
        as_of=snapshot.as_of,
        action=action.name,
        sender=action.sender,
        to=call.to,
        data=data,
        value_wei=0,
        gas_limit=gas_limit,
        chain_id=snapshot.chain_id,
        words=call.words,
        simulation=simulation,
        allowances=await nodes.ask(lambda rpc: _allowances(rpc, call, action.sender, facts)),
    )


async def _facts(action: Action, snapshot: Snapshot) -> Facts:
    row = offer = feed_decimals = None
    if isinstance(action, OnLine):
        row = await find_line(await snapshot.driver(), Place.of(snapshot.book), action.line_id)
        if row is None:
            raise unknown_line(action.line_id, snapshot)
    if isinstance(action, Open):
        found = await OfferRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault).find(action.offer_hash)
        if found is None:
            raise Problem(UNKNOWN_OFFER, f"there is no offer {action.offer_hash}")
        offer = posted_of(found).offer, found.signature
    if isinstance(action, RegisterMandate):
        feed_decimals = await FeedRepository(snapshot.session, snapshot.chain_id).decimals(action.mandate.feed)
    if isinstance(action, Approve) and snapshot.tokens.find(action.token).decimals is None:
        raise Problem(UNKNOWN_TOKEN, f"no market lends or secures with {action.token}")
    return Facts(snapshot.book, snapshot.tokens, snapshot.now, row, offer, feed_decimals)


async def _simulate(rpc: JsonRpc, call: Call, transaction: dict[str, str]) -> tuple[Simulation, int | None]:
    block, outcome, gas = await rpc.try_batch(
        [
            ("eth_getBlockByNumber", ("latest", False)),
            ("eth_call", (transaction, "latest")),
            ("eth_estimateGas", (transaction, "latest")),
        ]
    )
    if isinstance(block, RpcRefused):
        raise block
    revert = _revert_of(outcome, call) if isinstance(outcome, RpcRefused) else None
    result = None if isinstance(outcome, RpcRefused) else _result_of(call, str(outcome))
    simulation = Simulation(
        ok=revert is None,
        result=result,
        revert=revert,
        block_number=integer(block["number"]),
        block_hash=block["hash"],
    )
    if revert is not None or isinstance(gas, RpcRefused):
        return simulation, None
    return simulation, integer(gas) * (100 + _SPARE_PERCENT) // 100


def _revert_of(refused: RpcRefused, call: Call) -> Revert:
    """Raises the refusal itself when the node did not run the call at all."""
    if not refused.reverted:
        raise refused
    data = revert_data(refused)
    name = call.contract.error_name(data) if data else None
    known = name if name not in (None, "Error", "Panic") else None
    detail = call.contract.decode_error(data) if data else refused.reason
    return Revert(error=known or name or "revert", detail=detail, hint=HINTS.get(known or "", ANY_OTHER))


def _result_of(call: Call, returned: str) -> Any:
    if returned in ("0x", ""):
        return None
    return _json(call.contract.decode_result(call.function, returned))


def _json(value: Any) -> Any:
    """Integers beyond 2^53 keep their digits as strings only."""
    match value:
        case bool():
            return value
        case int():
            return str(value)
        case bytes():
            return f"0x{value.hex()}"
        case tuple() | list():
            return [_json(part) for part in value]
        case _:
            return value


async def _allowances(rpc: JsonRpc, call: Call, sender: str, facts: Facts) -> list[Allowance]:
    takes = [(token, amount) for token, amount in call.takes if amount > 0]
    if not takes:
        return []
    questions = [
        ("eth_call", ({"to": token, "data": "0x" + ERC20.encode_call(name, *arguments).hex()}, "latest"))
        for token, _ in takes
        for name, arguments in (("allowance", (sender, call.to)), ("balanceOf", (sender,)))
    ]
    answers = [ERC20.decode_result("balanceOf", str(answer)) for answer in await rpc.batch(questions)]
    return [
        Allowance(
            spender=call.to,
            token=token,
            needed=facts.tokens.amount(token, amount),
            approved=facts.tokens.amount(token, answers[2 * place]),
            balance=facts.tokens.amount(token, answers[2 * place + 1]),
        )
        for place, (token, amount) in enumerate(takes)
    ]
