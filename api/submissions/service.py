"""Takes signed transactions: looks at what they are for, passes them on, and keeps them to be followed."""

from __future__ import annotations

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import Answer, Repeatable
from api.identity.principal import Principal
from api.nodes import Nodes
from api.parts import Parts
from api.problems import Problem
from api.snapshot import View, find_cursor, mirror_empty
from api.submissions.following import submission_of
from api.submissions.problems import BROADCAST_REFUSED, UNKNOWN_TRANSACTION
from api.submissions.reading import Purpose, Signed, purpose_of, read_sent, read_signed
from api.submissions.repository import SubmissionRepository
from api.submissions.schemas import NewSubmission, SubmissionDetail
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.transactions.errors import classify_broadcast
from orchestrator.transactions.node import Node


async def submit(parts: Parts, principal: Principal, wanted: NewSubmission, repeatable: Repeatable) -> Response:
    """202 with the submission, pending; 200 when this account has submitted the same transaction before.

    The transaction is passed on before it is stored: whoever hears nothing submits it again, which does no harm.

    Raises:
        Problem: it is not for our contracts, or the node does not take it.
        RpcError: no node answers.
    """
    if wanted.signed_transaction is None:
        return await _follow_sent(parts, principal, str(wanted.tx_hash), repeatable)
    return await _pass_on(parts, principal, bytes.fromhex(wanted.signed_transaction[2:]), repeatable)


async def _pass_on(parts: Parts, principal: Principal, raw: bytes, repeatable: Repeatable) -> Response:
    signed = read_signed(raw)
    purpose = purpose_of(signed, parts.book)
    answered = await repeatable.claim(parts.engine, principal.owner)
    if answered is not None:
        return answered
    await parts.nodes.ask(lambda rpc: _broadcast(rpc, raw, signed.tx_hash))
    return await _keep(parts, principal, repeatable, signed, purpose, raw)


async def _follow_sent(parts: Parts, principal: Principal, tx_hash: str, repeatable: Repeatable) -> Response:
    answered = await repeatable.replay(parts.engine, principal.owner)
    if answered is not None:
        return answered
    signed = await _find_sent(parts.nodes, tx_hash)
    return await _keep(parts, principal, repeatable, signed, purpose_of(signed, parts.book), None)


async def _keep(
    parts: Parts, principal: Principal, repeatable: Repeatable, signed: Signed, purpose: Purpose, raw: bytes | None
) -> Response:
    async def keep(session: AsyncSession) -> Answer:
        row, is_new = await SubmissionRepository(session, principal, parts.chain_id).add(signed, purpose, raw)
        cursor = await find_cursor(session, parts.chain_id)
        if cursor is None:
            raise mirror_empty(parts.chain_id)
        view = View(parts.book, parts.tokens, cursor)
        submission = submission_of(row, view, "pending")
        return Answer(202 if is_new else 200, SubmissionDetail(**dict(submission), as_of=view.as_of))

    return await repeatable.once(parts.engine, principal.owner, keep)


async def _find_sent(nodes: Nodes, tx_hash: str) -> Signed:
    found = await nodes.ask(lambda rpc: rpc.call("eth_getTransactionByHash", [tx_hash]))
    if not found:
        raise Problem(UNKNOWN_TRANSACTION, f"no node knows transaction {tx_hash}")
    return read_sent(found)


async def _broadcast(rpc: JsonRpc, raw: bytes, tx_hash: str) -> None:
    """A node that has it already, even in a block, is as good as one that takes it now."""
    try:
        await rpc.call("eth_sendRawTransaction", ["0x" + raw.hex()])
    except RpcRefused as error:
        refused = classify_broadcast(error)
        if refused is not None and not await Node(rpc).known([tx_hash]):
            raise Problem(BROADCAST_REFUSED, refused.words) from error
