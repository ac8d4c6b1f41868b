"""What became of signed transactions: asked of the node each time, so that no reorg makes it out of date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from api.nodes import Nodes
from api.snapshot import View
from api.submissions.schemas import Submission
from api.wire import Instant, checksum
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.models import Submission as SubmissionRow
from orchestrator.transactions.node import Node, Receipt

Status = Literal["pending", "mined", "reverted", "dropped", "unknown"]


async def follow(rows: Sequence[SubmissionRow], view: View, nodes: Nodes) -> list[Submission]:
    """Each with its status. Bytes that the node has lost are handed to it again. Never raises for a silent node."""
    if not rows:
        return []
    try:
        outcomes = await nodes.ask(lambda rpc: _outcomes(rpc, rows))
    except RpcError:
        outcomes = [("unknown", None, None)] * len(rows)
    return [submission_of(row, view, *outcome) for row, outcome in zip(rows, outcomes, strict=True)]


Outcome = tuple[Status, Receipt | None, str | None]


async def _outcomes(rpc: JsonRpc, rows: Sequence[SubmissionRow]) -> list[Outcome]:
    node = Node(rpc)
    senders = sorted({row.sender for row in rows})
    # Nonces before receipts: a nonce that is used by then has its receipt.
    counts = await rpc.batch([("eth_getTransactionCount", (sender, "latest")) for sender in senders])
    next_nonce = {sender: integer(count) for sender, count in zip(senders, counts, strict=True)}
    hashes = [row.tx_hash for row in rows]
    receipts = await node.receipts(hashes)
    unmined = [row for row in rows if row.tx_hash not in receipts]
    known = await node.known([row.tx_hash for row in unmined]) if unmined else frozenset()
    for row in unmined:
        if row.tx_hash not in known and row.nonce >= next_nonce[row.sender] and row.raw is not None:
            await node.broadcast(row.raw)
    return [await _outcome(node, row, receipts.get(row.tx_hash), next_nonce[row.sender]) for row in rows]


async def _outcome(node: Node, row: SubmissionRow, receipt: Receipt | None, next_nonce: int) -> Outcome:
    if receipt is None:
        return ("dropped" if row.nonce < next_nonce else "pending"), None, None
    if receipt.succeeded:
        return "mined", receipt, None
    return "reverted", receipt, "the contract refused it when it was mined: prepare it again to see why"


def submission_of(
    row: SubmissionRow, view: View, status: Status, receipt: Receipt | None = None, why_reverted: str | None = None
) -> Submission:
    block = None
    if receipt is not None:
        mirrored = receipt.block_number <= view.cursor.number
        block = view.position(receipt.block_number, receipt.block_hash, True if mirrored else None)
    return Submission(
        id=row.id,
        chain_id=row.chain_id,
        tx_hash=row.tx_hash,
        sender=checksum(row.sender),
        to=checksum(row.to_address),
        function=row.function,
        line_id=row.line_id,
        submitted_at=Instant.of_clock(row.submitted_at),
        status=status,
        block=block,
        why_reverted=why_reverted,
    )
