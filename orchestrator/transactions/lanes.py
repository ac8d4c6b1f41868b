"""The lane of a signer: nonce, signature and bytes come to be in one database transaction, under one row lock.

So no nonce is used without stored bytes, none twice, and none is skipped (invariant 7; pitfalls 29 and 30).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from eth_utils.crypto import keccak
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Attempt, Intent, Lane
from orchestrator.transactions.fees import Fees
from orchestrator.transactions.intents import call_of, lock, nonces_held
from orchestrator.transactions.signers import Signer, UnsignedTransaction
from orchestrator.transactions.states import UNMINED, IntentStatus, moved

TRANSFER_GAS = 21_000
LOCK_TIMEOUT_S = 4


async def lock_lane(session: AsyncSession, chain_id: int, signer: str, nonce_at_head: int) -> Lane:
    """The signer's lane, locked until the end of the transaction. ``nonce_at_head`` starts a lane that is new.

    Whoever freezes while holding the lock loses it: the server ends the transaction, and nothing of it was stored.
    """
    await session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{LOCK_TIMEOUT_S}s'"))
    await session.execute(
        insert(Lane).values(chain_id=chain_id, signer=signer, next_nonce=nonce_at_head).on_conflict_do_nothing()
    )
    statement = select(Lane).where(Lane.chain_id == chain_id, Lane.signer == signer).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


def catch_up(lane: Lane, nonce_at_head: int) -> bool:
    """Moves a lane that was overtaken by transactions that are not ours behind them; False when it was not."""
    overtaken = lane.next_nonce < nonce_at_head
    lane.next_nonce = max(lane.next_nonce, nonce_at_head)
    return overtaken


async def sign_next(
    session: AsyncSession, lane: Lane, signer: Signer, intent_id: uuid.UUID, *, gas_limit: int, fees: Fees
) -> Attempt | None:
    """Gives a queued intent the lane's next nonce and stores its first attempt; None when it is queued no more."""
    intent = await lock(session, intent_id, skip_locked=True)
    if intent is None or intent.status != IntentStatus.QUEUED.value:
        return None
    intent.signer, intent.nonce, intent.gas_limit = lane.signer, lane.next_nonce, gas_limit
    intent.status = moved(intent.status, IntentStatus.SIGNED)
    intent.error_kind = intent.error = None
    lane.next_nonce += 1
    return await _sign(session, signer, intent, number=1, fees=fees, cancels=False)


async def sign_replacement(
    session: AsyncSession, signer: Signer, intent_id: uuid.UUID, *, replaces: int, fees: Fees, cancels: bool
) -> Attempt | None:
    """Stores one more attempt at the same nonce; None when attempt ``replaces`` is not the newest, or it was mined.

    With ``cancels`` the attempt only uses up the nonce; so does every attempt after it.
    """
    intent = await lock(session, intent_id)
    if intent is None or intent.status not in UNMINED:
        return None
    newest = (
        await session.scalars(
            select(Attempt).where(Attempt.intent_id == intent_id).order_by(Attempt.number.desc()).limit(1)
        )
    ).one()
    if newest.number != replaces:
        return None
    cancels = cancels or newest.cancels
    return await _sign(session, signer, intent, number=replaces + 1, fees=fees, cancels=cancels)


async def holes(session: AsyncSession, lane: Lane, nonce_at_head: int) -> Sequence[int]:
    """Nonces that the chain waits for and nobody holds.

    There are none unless a stranger's transaction, which the lane went past, was taken back by a reorg.
    """
    held = await nonces_held(session, lane.chain_id, lane.signer, nonce_at_head, lane.next_nonce)
    return [nonce for nonce in range(nonce_at_head, lane.next_nonce) if nonce not in held]


async def fill_hole(session: AsyncSession, lane: Lane, signer: Signer, nonce: int, fees: Fees) -> Attempt:
    """Stores an empty transfer of the signer to itself at ``nonce``, so that later nonces can be mined."""
    intent = Intent(
        id=uuid.uuid4(),
        chain_id=lane.chain_id,
        signer=lane.signer,
        to_address=lane.signer,
        data=b"",
        value_wei=0,
        description=f"fills nonce {nonce}, which a stranger's transaction held until a reorg took it back",
        gas_limit=TRANSFER_GAS,
        nonce=nonce,
        status=IntentStatus.SIGNED.value,
    )
    session.add(intent)
    await session.flush()
    return await _sign(session, signer, intent, number=1, fees=fees, cancels=False)


async def _sign(
    session: AsyncSession, signer: Signer, intent: Intent, *, number: int, fees: Fees, cancels: bool
) -> Attempt:
    assert intent.nonce is not None, "a nonce is taken before anything is signed"
    assert intent.gas_limit is not None
    call = call_of(intent)
    raw = await signer.sign(
        UnsignedTransaction(
            chain_id=intent.chain_id,
            nonce=intent.nonce,
            to=signer.address if cancels else call.to,
            data=b"" if cancels else call.data,
            value_wei=0 if cancels else call.value_wei,
            gas_limit=TRANSFER_GAS if cancels else intent.gas_limit,
            fees=fees,
        )
    )
    attempt = Attempt(
        intent_id=intent.id,
        number=number,
        tx_hash="0x" + keccak(raw).hex(),
        raw=raw,
        max_fee_per_gas_wei=fees.max_fee_per_gas_wei,
        max_priority_fee_per_gas_wei=fees.max_priority_fee_per_gas_wei,
        cancels=cancels,
        signed_at=func.clock_timestamp(),
    )
    session.add(attempt)
    await session.flush()
    return attempt
