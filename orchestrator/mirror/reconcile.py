"""The mirror against the chain, fact by fact, at one block: the block of the cursor, by its hash."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.blocks import BlockRef
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import RpcRefused
from orchestrator.db.models import Reconciliation
from orchestrator.mirror.checks import Check, checks_of_vault, lines_of, state_check
from orchestrator.mirror.cursor import require_position
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.start import watched_sources
from orchestrator.mirror.watch import Role

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact on which mirror and chain disagree, in words that fit JSON."""

    subject: str
    field: str
    mirror: str
    chain: str


@dataclass(frozen=True, slots=True)
class Report:
    """One comparison of a vault's mirror with the chain."""

    chain_id: int
    vault: str
    block: BlockRef
    facts_compared: int
    differences: tuple[Difference, ...]
    started_at: datetime
    finished_at: datetime

    @property
    def equal(self) -> bool:
        return not self.differences


async def reconcile(engine: AsyncEngine, reader: ChainReader, chain_id: int, vault: str, codecs: Codecs) -> Report:
    """Compare everything that is mirrored of a vault, and store what came out.

    Raises:
        NotMirrored: there is nothing to compare.
        RpcError: the provider failed, or no longer knows the state at the cursor's block.
    """
    started_at = datetime.now(UTC)
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    async with snapshot.connect() as connection:
        position = await require_position(connection, chain_id)
        sources = tuple(await watched_sources(connection, chain_id))
        checks = await checks_of_vault(connection, codecs, chain_id, sources, vault, position.at.number)
        lines = {f"line {line.line_id}": line for line in await lines_of(connection, chain_id, vault)}
    differences = await _compare(reader, position.at.hash, checks)
    suspects = [lines[d.subject] for d in differences if d.field == "stateHash"]
    state_checks = [state_check(codecs[Role.VAULT], vault, line) for line in suspects]
    differences += await _compare(reader, position.at.hash, state_checks)
    report = Report(chain_id, vault, position.at, len(checks), tuple(differences), started_at, datetime.now(UTC))
    await _store(engine, report)
    return report


async def vaults_of(engine: AsyncEngine, chain_id: int) -> list[str]:
    """The vaults that are mirrored of a chain."""
    async with engine.connect() as connection:
        return [s.address for s in await watched_sources(connection, chain_id) if s.role is Role.VAULT]


async def _compare(reader: ChainReader, block_hash: str, checks: Sequence[Check]) -> list[Difference]:
    answers = await reader.call_at(block_hash, [(check.address, check.calldata()) for check in checks])
    return [
        Difference(check.subject, field, str(mirror), str(chain))
        for check, answer in zip(checks, answers, strict=True)
        for field, mirror, chain in check.differing(_read(check, answer))
    ]


def _read(check: Check, answer: bytes | RpcRefused) -> Any:
    if isinstance(answer, RpcRefused):
        if not answer.reverted:
            raise answer
        return check.refused_as
    try:
        return check.read(check.codec.decode_result(check.function, answer))
    except UndecodableData as error:
        return f"undecodable: {error}"


async def _store(engine: AsyncEngine, report: Report) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            insert(Reconciliation).values(
                id=uuid.uuid4(),
                chain_id=report.chain_id,
                vault=report.vault,
                block_number=report.block.number,
                block_hash=report.block.hash,
                facts_compared=report.facts_compared,
                equal=report.equal,
                differences=[asdict(difference) for difference in report.differences],
                started_at=report.started_at,
                finished_at=report.finished_at,
            )
        )
    log.log(
        logging.INFO if report.equal else logging.ERROR,
        "reconciled",
        extra={
            "chain_id": report.chain_id,
            "vault": report.vault,
            "block": report.block.number,
            "facts": report.facts_compared,
            "differences": [asdict(difference) for difference in report.differences],
        },
    )
