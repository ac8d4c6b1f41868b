"""Contracts on a real chain, a mirror of it, an engine on the mirror and a sender: driven by the test, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from eth_utils.address import to_checksum_address
from sqlalchemy import select

from orchestrator.alerts import Alerts
from orchestrator.chain.book import AddressBook, BookMarket
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.db.models import Alert, Candidate, Intent, Trigger
from orchestrator.db.session import Sessions, open_engine, sessions_of
from orchestrator.metrics import Metrics
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.node import Node
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.sender import Sender
from orchestrator.transactions.signers.keystore import KeystoreSigner
from orchestrator.triggers.cursor import open_cursor
from orchestrator.triggers.engine import Engine, EnginePolicy, Evaluation
from orchestrator.triggers.outcomes import TriggerOutcomes
from orchestrator.triggers.store import RetryPolicy
from orchestrator.triggers.telling import EngineAlerts
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, KEEPER, USDC, Ground, Mirror, codec, opened_mirror

SAFE_BEHIND = 4
"""Finalized is twice as far behind."""

AT_ONCE = RetryPolicy(first_pause_s=0, skipped_pause_s=0)
POLICY = EnginePolicy(retries=AT_ONCE)


@dataclass
class Service:
    """The whole way from a round to a repayment."""

    chain_url: str
    ground: Ground
    mirror: Mirror
    sessions: Sessions
    book: AddressBook
    engine: Engine
    sender: Sender

    def another_engine(self, policy: EnginePolicy = POLICY) -> Engine:
        return make_engine(self.sessions, self.ground.rpc, self.book, policy)

    async def evaluate(self) -> Evaluation | None:
        """The mirror catches up, and the engine evaluates its head."""
        await self.mirror.catch_up()
        return await self.engine.step()

    async def settle(self) -> None:
        """Until everything is final and mirrored, and nothing more fires."""
        for _ in range(4):
            await self.evaluate()
            await self.sender.tick()
            await self.ground.mine()
        await self.ground.mine(2 * SAFE_BEHIND)
        await self.evaluate()
        await self.sender.tick()

    async def triggers(self) -> Sequence[Trigger]:
        async with self.sessions() as session:
            return (await session.scalars(select(Trigger).order_by(Trigger.created_at, Trigger.id))).all()

    async def intents(self) -> Sequence[Intent]:
        async with self.sessions() as session:
            return (await session.scalars(select(Intent).order_by(Intent.created_at))).all()

    async def candidates(self, line_id: int) -> dict[str, Candidate]:
        """By mandate hash, the line's own under `liquidate`."""
        async with self.sessions() as session:
            rows = await session.scalars(select(Candidate).where(Candidate.line_id == line_id))
            return {row.mandate_hash if row.action == "repay" else row.action: row for row in rows}

    async def open_alerts(self) -> list[str]:
        async with self.sessions() as session:
            return sorted(await session.scalars(select(Alert.message).where(Alert.resolved_at.is_(None))))

    async def drawn_line(self, draw: int = 600 * USDC, reserve: int = 400 * USDC, **terms: Any) -> int:
        """A line of 1,000 dollars with one ether for each 500, which is at 2,000 dollars at first: an LTV of 15 %."""
        line = await self.ground.open_line(**terms)
        if reserve:
            await self.ground.vault(BORROWER, "depositReserve", line, reserve)
        await self.ground.vault(BORROWER, "draw", line, draw, BORROWER.address)
        return line

    async def owed(self, line_id: int) -> tuple[int, int]:
        """What is due, and all the debt."""
        due, debt = await self.ground.view("vault", "CreditVault", "owed", line_id)
        return due, debt


def ltv_mandate(threshold_bps: int = 6_000, **fields: Any) -> dict[str, Any]:
    return {"kind": 1, "thresholdBps": threshold_bps, **fields}


def book_of(ground: Ground) -> AddressBook:
    return replace(ground.book(), markets=(market_of(ground, 1, "USDC", "oracle", "feed"),))


def market_of(ground: Ground, market_id: int, loan: str, oracle: str, *feeds: str) -> BookMarket:
    """Of WETH against a loan token of 6 decimals; all but the id by the labels under which they were deployed."""
    return BookMarket(
        id=market_id,
        loan_token=to_checksum_address(ground.addresses[loan]),
        collateral_token=to_checksum_address(ground.addresses["WETH"]),
        oracle=to_checksum_address(ground.addresses[oracle]),
        min_debt=10 * USDC,
        feeds=tuple(to_checksum_address(ground.addresses[feed]) for feed in feeds),
        loan_symbol=loan,
        collateral_symbol="WETH",
        loan_decimals=6,
        collateral_decimals=18,
    )


def make_engine(
    sessions: Sessions, rpc: JsonRpc, book: AddressBook, policy: EnginePolicy, reached: Reached = pass_by
) -> Engine:
    metrics = Metrics()
    return Engine(
        sessions=sessions,
        readers=[ChainReader(rpc)],
        book=book,
        oracle=codec("OracleAdapter"),
        trigger=codec("RepayTrigger"),
        alerts=EngineAlerts(Alerts(sessions, metrics), book.chain_id, book.vault.lower()),
        metrics=metrics,
        policy=policy,
        reached=reached,
    )


def make_sender(sessions: Sessions, rpc: JsonRpc, *, chain_id: int = CHAIN_ID, **policy: Any) -> Sender:
    metrics, contract = Metrics(), load_contract("RepayTrigger")
    context = SenderContext(
        chain_id=chain_id,
        sessions=sessions,
        signer=KeystoreSigner(KEEPER),
        outcomes=TriggerOutcomes(sessions, contract),
        contract=contract,
        alerts=Alerts(sessions, metrics),
        metrics=metrics,
        policy=SendPolicy(max_fee_per_gas_wei=500 * 10**9, **policy),
    )
    return Sender(context, [Node(rpc)])


@asynccontextmanager
async def open_service(
    database_url: str,
    rpc_url: str,
    addresses: Mapping[str, str],
    policy: EnginePolicy = POLICY,
    book_of: Callable[[Ground], AddressBook] = book_of,
    chain_id: int = CHAIN_ID,
) -> AsyncIterator[Service]:
    """On a chain to which the contracts at ``addresses`` were deployed."""
    engine, rpc = open_engine(database_url, process="test"), JsonRpc(rpc_url)
    ground = Ground(rpc, dict(addresses), chain_id=chain_id)
    book, sessions = book_of(ground), sessions_of(engine)
    try:
        await open_cursor(sessions, chain_id)
        async with opened_mirror(engine, rpc_url, ground, book) as mirror:
            yield Service(
                rpc_url,
                ground,
                mirror,
                sessions,
                book,
                make_engine(sessions, rpc, book, policy),
                make_sender(sessions, rpc, chain_id=chain_id),
            )
    finally:
        await rpc.aclose()
        await engine.dispose()
