"""How far the engine has evaluated, and where that leaves the chain after a reorg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.units import Timestamp
from orchestrator.db.models import Block, EngineCursor
from orchestrator.db.models.registry import table_of
from orchestrator.db.session import Sessions

BEFORE_ALL: Final = -1
_NO_HASH: Final = "0x" + "00" * 32
_LOCK_TIMEOUT_S: Final = 4

# The candidates' prices are known to the planner, so each block's plan is made for its own.
_SETTINGS = text(
    f"""
    SELECT set_config('idle_in_transaction_session_timeout', '{_LOCK_TIMEOUT_S}s', true),
           set_config('plan_cache_mode', 'force_custom_plan', true),
           set_config('enable_seqscan', 'off', true),
           set_config('jit', 'off', true)
    """
)

_ANCESTOR = text(
    """
    WITH RECURSIVE back AS (
        SELECT number, parent_hash, canonical FROM blocks
        WHERE chain_id = :chain_id AND number = :number AND hash = :hash
        UNION ALL
        SELECT parent.number, parent.parent_hash, parent.canonical
        FROM back JOIN blocks AS parent
            ON parent.chain_id = :chain_id AND parent.number = back.number - 1 AND parent.hash = back.parent_hash
        WHERE NOT back.canonical
    )
    SELECT max(number) FROM back WHERE canonical
    """
)

_LOCK = (
    select(
        EngineCursor.block_hash,
        select(Block.canonical)
        .where(
            Block.chain_id == bindparam("chain_id"),
            Block.number == bindparam("number"),
            Block.hash == bindparam("block_hash"),
        )
        .scalar_subquery(),
    )
    .where(EngineCursor.chain_id == bindparam("chain_id"))
    .with_for_update(of=EngineCursor)
)
# What an update sets takes the names of its columns: the parameters have others.
_MOVE = (
    update(table_of(EngineCursor))
    .where(EngineCursor.chain_id == bindparam("of_chain"))
    .values(
        block_number=bindparam("number"), block_hash=bindparam("evaluated_hash"), evaluated_at=func.clock_timestamp()
    )
)


@dataclass(frozen=True, slots=True)
class Head:
    """A mirrored block; its timestamp is the engine's now."""

    number: int
    block_hash: str
    timestamp: Timestamp


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The block that was evaluated last; number −1 before the first."""

    number: int
    block_hash: str


async def open_cursor(sessions: Sessions, chain_id: int) -> None:
    """Makes sure that there is a row to lock."""
    row = {"chain_id": chain_id, "block_number": BEFORE_ALL, "block_hash": _NO_HASH}
    async with sessions.begin() as session:
        await session.execute(
            insert(EngineCursor).values(evaluated_at=func.clock_timestamp(), **row).on_conflict_do_nothing()
        )


async def lock_cursor(session: AsyncSession, chain_id: int, since: Evaluated, head: Head) -> bool:
    """Locks the cursor until the end of the transaction. A process that freezes meanwhile loses the lock.

    False when there is nothing to do: the cursor is not at ``since`` any more, or ``head`` not in the mirror's chain.
    """
    await session.execute(_SETTINGS)
    at = {"chain_id": chain_id, "number": head.number, "block_hash": head.block_hash}
    block_hash, is_canonical = (await session.execute(_LOCK, at)).one()
    return block_hash == since.block_hash and bool(is_canonical)


async def move_cursor(session: AsyncSession, chain_id: int, head: Head) -> None:
    at = {"of_chain": chain_id, "number": head.number, "evaluated_hash": head.block_hash}
    await session.execute(_MOVE, at)


async def common_ancestor(session: AsyncSession, chain_id: int, evaluated: Evaluated) -> int:
    """The newest block that the evaluated chain shares with the canonical one: the evaluated block itself, as a rule.

    −1 when nothing is known of it: everything is worked out anew.
    """
    at = {"chain_id": chain_id, "number": evaluated.number, "hash": bytes.fromhex(evaluated.block_hash[2:])}
    found = await session.scalar(_ANCESTOR, at)
    return BEFORE_ALL if found is None else int(found)
