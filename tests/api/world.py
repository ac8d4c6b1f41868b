"""What the mirror, the engine and the sender would have written, written by the models; and the application over it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, Final

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.identity.scopes import Role
from api.nodes import Nodes
from api.opening import open_parts
from api.parts import Bounds, Parts, Site, Webhooks
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import (
    Alert,
    Attempt,
    Block,
    Cursor,
    Feed,
    Firing,
    Intent,
    Lane,
    LenderEpochVersion,
    Line,
    LineVersion,
    Mandate,
    MandateRevocation,
    Market,
    Model,
    NoteTransfer,
    OfferGroupVersion,
    OracleRound,
    OutboxEvent,
    Payment,
    Reconciliation,
    Trigger,
)
from orchestrator.db.session import sessions_of
from orchestrator.db.wakeups import BLOCKS
from orchestrator.delivery.positions import newest_position
from orchestrator.delivery.signing import WebhookSecrets
from orchestrator.mirror.cursor import touch_cursor
from tests.api.ground import CHAIN_ID, FEED_DECIMALS, HEARTBEAT_S, MARGIN_S, MIN_DEBT, PAIR, Ground
from tests.api.ground import Block as ChainBlock
from tests.api.keys import bearing, make_key

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
USDC: Final = 10**6
WETH: Final = 10**18

LENDER: Final[LocalAccount] = Account.from_key(b"\x11" * 32)
BORROWER: Final[LocalAccount] = Account.from_key(b"\x22" * 32)
STRANGER: Final[LocalAccount] = Account.from_key(b"\x33" * 32)

SITE: Final = Site("http://covenant.test")
SECRETS: Final = WebhookSecrets(b"a key of a test, thirty-two bytes and more")
WEBHOOKS: Final = Webhooks(SECRETS, (ip_network("127.0.0.0/8"),))
QUICK: Final = Bounds(min_block_wait_s=0.4, check_timeout_s=1.0, requests_per_minute=1_000_000)


def hash_of(*words: object) -> str:
    """A hash that stands for what it is told."""
    return "0x" + hashlib.sha256(repr(words).encode()).hexdigest()


def moment(seconds: float = 0) -> datetime:
    """A moment of the wall clock."""
    return datetime(2020, 3, 12, 21, 0, tzinfo=UTC) + timedelta(seconds=seconds)


TERMS: Final[dict[str, int]] = {
    "apr_bps": 900,
    "commitment_bps": 100,
    "penalty_bps": 500,
    "initial_ltv_bps": 6_500,
    "liquidation_ltv_bps": 8_000,
    "bonus_bps": 500,
    "in_kind_ltv_bps": 7_200,
    "in_kind_discount_bps": 200,
    "amort_bps": 0,
    "period_hours": 24,
    "grace_hours": 24,
    "draw_window_hours": 30 * 24,
    "term_hours": 60 * 24,
}
"""Bills come daily, so that what is due can be seen without waiting."""


@dataclass
class World:
    """One database and one application over it. ``head`` is the block that the mirror stands at.

    ``client`` is nobody; ``operator`` is what makes a request an operator's.
    """

    ground: Ground
    engine: AsyncEngine
    client: httpx.AsyncClient
    head: ChainBlock
    operator: dict[str, str]

    # ------------------------------------------------------------ the mirror

    async def write(self, *rows: Model) -> None:
        """As the mirror does: whoever reads is told that something has changed."""
        async with sessions_of(self.engine).begin() as session:
            session.add_all(rows)
            await touch_cursor(await session.connection(), CHAIN_ID)

    async def tell(self, *events: OutboxEvent) -> None:
        """As the mirror does: each with the next position, and whoever waits is woken."""
        async with sessions_of(self.engine).begin() as session:
            reached = (await session.execute(newest_position(CHAIN_ID))).scalar_one()
            for position, event in enumerate(events, reached + 1):
                event.position = position
            session.add_all(events)
            await session.execute(select(func.pg_notify(BLOCKS, "")))

    async def stand_at(self, head: ChainBlock, *, safe: int | None = None, finalized: int | None = None) -> None:
        """Moves the cursor; safe and finalized are 1 and 2 behind unless told."""
        self.head = head
        values = {
            "number": head.number,
            "hash": head.hash,
            "timestamp": head.timestamp,
            "head_number": head.number,
            "safe_number": head.number - 1 if safe is None else safe,
            "finalized_number": head.number - 2 if finalized is None else finalized,
            "updated_at": func.clock_timestamp(),
        }
        async with sessions_of(self.engine).begin() as session:
            await session.execute(update(Cursor).where(Cursor.chain_id == CHAIN_ID).values(values))

    async def block(self, number: int, *, timestamp: int | None = None, canonical: bool = True, fork: str = "") -> str:
        """A header in the database; its hash."""
        block_hash = hash_of("block", number, fork)
        await self.write(
            Block(
                chain_id=CHAIN_ID,
                number=number,
                hash=block_hash,
                parent_hash=hash_of("block", number - 1, fork),
                timestamp=self.head.timestamp if timestamp is None else timestamp,
                receipts_root=hash_of("receipts", number),
                canonical=canonical,
            )
        )
        return block_hash

    def log(self, block_number: int, log_index: int = 0) -> dict[str, Any]:
        """The provenance columns of a row."""
        return {
            "block_number": block_number,
            "log_index": log_index,
            "block_hash": hash_of("block", block_number, ""),
            "tx_hash": hash_of("tx", block_number, log_index),
        }

    @property
    def vault(self) -> str:
        return self.ground.book.vault

    async def market(self) -> None:
        market = self.ground.market
        await self.write(
            Market(
                chain_id=CHAIN_ID,
                vault=self.vault,
                market_id=market.id,
                loan_token=market.loan_token,
                collateral_token=market.collateral_token,
                oracle=market.oracle,
                min_debt=MIN_DEBT,
                **self.log(1),
            )
        )

    async def line(
        self,
        line_id: int = 1,
        *,
        opened_ago_s: int = 0,
        block: int = 2,
        borrower: str = BORROWER.address,
        lender: str = LENDER.address,
        holder: str | None = None,
        terms: Mapping[str, int] = TERMS,
        **state: int,
    ) -> Line:
        """A line of 50,000 USDC of which 10,000 are drawn, over 100 WETH, unless ``state`` says otherwise.

        ``terms``: where they differ from ``TERMS``.
        """
        opened_at = self.head.timestamp - opened_ago_s
        stored = {
            "seq": 1,
            "principal": 10_000 * USDC,
            "undrawn": 40_000 * USDC,
            "accrued_at": opened_at,
            "unbilled": 0,
            "billed": 0,
            "billed_principal": 0,
            "unpaid_since": 0,
            "collateral": 100 * WETH,
            "reserve": 500 * USDC,
            "claim_loan": 0,
            "claim_collateral": 0,
            "flags": 0,
        } | state
        at = self.log(block, line_id % 1_000)
        line = Line(
            chain_id=CHAIN_ID,
            vault=self.vault,
            line_id=line_id,
            lender=lender,
            borrower=borrower,
            offer_hash=hash_of("offer", line_id),
            amount=50_000 * USDC,
            origination_fee=250 * USDC,
            opened_block_number=block,
            opened_tx_hash=at["tx_hash"],
            state_block_number=block,
            state_log_index=at["log_index"],
            opened_at=opened_at,
            market_id=self.ground.market.id,
            **(TERMS | dict(terms)),
            **stored,
        )
        version = LineVersion(chain_id=CHAIN_ID, vault=self.vault, line_id=line_id, **at, **stored)
        note = self.transfer(line_id, lender if holder is None else holder, block=block)
        await self.write(line, version, note)
        return line

    def version(self, line: Line, *, block: int, **state: int) -> LineVersion:
        stored = {column: getattr(line, column) for column in _STATE_COLUMNS} | state
        return LineVersion(
            chain_id=CHAIN_ID, vault=self.vault, line_id=line.line_id, **self.log(block, line.line_id), **stored
        )

    def transfer(self, line_id: int, to: str, *, block: int, log_index: int | None = None) -> NoteTransfer:
        return NoteTransfer(
            chain_id=CHAIN_ID,
            nft=self.ground.book.nft,
            line_id=line_id,
            from_address="0x" + "00" * 20,
            to_address=to,
            **self.log(block, 10_000 + line_id % 1_000 if log_index is None else log_index),
        )

    def payment(self, line_id: int, *, block: int, log_index: int = 0, **values: Any) -> Payment:
        return Payment(
            chain_id=CHAIN_ID,
            vault=self.vault,
            line_id=line_id,
            **{"payer": BORROWER.address, "source": "cash", "charges": 5 * USDC, "principal": 100 * USDC} | values,
            **self.log(block, log_index),
        )

    def mandate(self, line_id: int, *, name: str = "m", block: int = 3, **values: Any) -> Mandate:
        """An LTV mandate from the reserve at 70 %, at most 400 USDC a week, unless told otherwise."""
        return Mandate(
            chain_id=CHAIN_ID,
            trigger=self.ground.book.trigger,
            mandate_hash=hash_of("mandate", name),
            vault=self.vault,
            line_id=line_id,
            borrower=BORROWER.address,
            **{
                "kind": "ltv",
                "source": "reserve",
                "threshold_bps": 7_000,
                "share_bps": 0,
                "fee_bps": 50,
                "period_hours": 168,
                "cap_per_period": 400 * USDC,
                "amount": 0,
                "feed": "0x" + "00" * 20,
                "above": False,
                "level": 0,
                "expires_at": self.head.timestamp + 365 * DAY,
                "nonce": 1,
                "registered_at": self.head.timestamp - DAY,
            }
            | values,
            **self.log(block, 3),
        )

    def firing(self, mandate: Mandate, *, occurrence: int, block: int, **values: Any) -> Firing:
        return Firing(
            chain_id=CHAIN_ID,
            trigger=mandate.trigger,
            mandate_hash=mandate.mandate_hash,
            line_id=mandate.line_id,
            keeper=STRANGER.address,
            occurrence=occurrence,
            **{"period": 0, "paid": 100 * USDC, "spent": 101 * USDC, "closed": False} | values,
            **self.log(block, occurrence),
        )

    def revocation(self, mandate: Mandate, *, block: int) -> MandateRevocation:
        return MandateRevocation(
            chain_id=CHAIN_ID,
            trigger=mandate.trigger,
            borrower=mandate.borrower,
            nonce=mandate.nonce,
            mandate_hash=mandate.mandate_hash,
            **self.log(block, 8),
        )

    def group(self, group: int, *, consumed: int, cancelled: bool = False, block: int = 2) -> OfferGroupVersion:
        return OfferGroupVersion(
            chain_id=CHAIN_ID,
            vault=self.vault,
            lender=LENDER.address,
            loan_token=self.ground.market.loan_token,
            group=group,
            consumed=consumed,
            cancelled=cancelled,
            **self.log(block, 20),
        )

    def epoch(self, epoch: int, *, block: int = 2, lender: str = LENDER.address) -> LenderEpochVersion:
        return LenderEpochVersion(
            chain_id=CHAIN_ID, vault=self.vault, lender=lender, epoch=epoch, **self.log(block, 21)
        )

    def feed(self) -> Feed:
        return Feed(
            chain_id=CHAIN_ID,
            address=self.ground.feed,
            pair=PAIR,
            decimals=FEED_DECIMALS,
            heartbeat_s=HEARTBEAT_S,
            margin_s=MARGIN_S,
            status="fresh",
            reason="answered 12 s ago, within its heartbeat of 3600 s",
            judged_at_block=self.head.number,
            judged_at=moment(),
        )

    def round(self, round_id: int, answer: int, *, block: int, log_index: int = 0, age_s: int = 0) -> OracleRound:
        return OracleRound(
            chain_id=CHAIN_ID,
            feed=self.ground.feed,
            round_id=round_id,
            answer=answer,
            updated_at=self.head.timestamp - age_s,
            **self.log(block, log_index),
        )

    def event(self, position: int, *, block: int = 2, fork: str = "", **values: Any) -> OutboxEvent:
        return OutboxEvent(
            id=uuid.uuid4(),
            position=position,
            block_number=block,
            block_hash=hash_of("block", block, fork),
            log_index=0,
            tx_hash=hash_of("tx", block),
            **{
                "chain_id": CHAIN_ID,
                "vault": self.vault,
                "line_id": 1,
                "kind": "line.drawn",
                "payload": {"id": "1", "to": BORROWER.address, "amount": "10000000000"},
            }
            | values,
        )

    # ------------------------------------------------------------ the service

    def intent(self, *, status: str = "mined", seconds: float = 2, **values: Any) -> Intent:
        mined = {
            "mined_tx_hash": hash_of("attempt", seconds, 1),
            "mined_block_number": self.head.number - 3,
            "mined_block_hash": hash_of("block", self.head.number - 3, ""),
            "gas_used": 120_000,
            "mined_at": moment(seconds + 1.5),
        }
        return Intent(
            id=uuid.uuid4(),
            chain_id=CHAIN_ID,
            **{
                "signer": STRANGER.address,
                "to_address": self.ground.book.trigger,
                "data": b"\x01\x02",
                "value_wei": 0,
                "description": "fire 1 mandate: line 1",
                "gas_limit": 200_000,
                "nonce": int(seconds),
                "status": status,
                "created_at": moment(seconds),
            }
            | (mined if status in ("mined", "finalized") else {})
            | values,
        )

    def attempt(self, intent: Intent, number: int = 1, **values: Any) -> Attempt:
        return Attempt(
            intent_id=intent.id,
            number=number,
            **{
                "tx_hash": hash_of("attempt", intent.id, number),
                "raw": b"signed bytes that nobody should see",
                "max_fee_per_gas_wei": 30 * 10**9,
                "max_priority_fee_per_gas_wei": 10**9,
                "signed_at": moment(),
                "broadcast_at": moment(0.1),
                "broadcast_count": 1,
            }
            | values,
        )

    def trigger(self, *, seconds: float = 0, occurrence: int = 0, **values: Any) -> Trigger:
        return Trigger(
            id=uuid.uuid4(),
            chain_id=CHAIN_ID,
            vault=self.vault,
            occurrence=occurrence,
            generation=0,
            **{
                "line_id": 1,
                "action": "repay",
                "trigger_contract": self.ground.book.trigger,
                "mandate_hash": hash_of("mandate", "m"),
                "status": "mined",
                "evaluated_block_number": self.head.number - 4,
                "evaluated_block_hash": hash_of("block", self.head.number - 4, ""),
                "need": 3_000 * USDC,
                "pays": 400 * USDC,
                "why": "debt over value is 7,143 bps, above 7,000 bps",
                "cause_seen_at": moment(seconds),
                "created_at": moment(seconds),
            }
            | values,
        )

    def alert(self, key: str, *, seconds: float = 0, **values: Any) -> Alert:
        return Alert(
            id=uuid.uuid4(),
            key=key,
            raised_at=moment(seconds),
            last_seen_at=moment(seconds),
            **{
                "severity": "warning",
                "message": "ETH/USD answered 3720 s ago",
                "hint": "wait for the feed, or look at its provider",
                "details": {"feed": self.ground.feed},
                "count": 3,
            }
            | values,
        )

    def reconciliation(self, *, seconds: float = 0, differences: list[dict[str, Any]] | None = None) -> Reconciliation:
        found = differences or []
        return Reconciliation(
            id=uuid.uuid4(),
            chain_id=CHAIN_ID,
            vault=self.vault,
            block_number=self.head.number,
            block_hash=self.head.hash,
            facts_compared=42,
            equal=not found,
            differences=found,
            started_at=moment(seconds),
            finished_at=moment(seconds + 0.25),
        )

    def lane(self, signer: str = STRANGER.address) -> Lane:
        return Lane(chain_id=CHAIN_ID, signer=signer, next_nonce=7)

    # ------------------------------------------------------------ asking

    @asynccontextmanager
    async def silent_node(self) -> AsyncIterator[httpx.AsyncClient]:
        """Asks an application over the same database whose node cannot be reached."""
        async with (
            aclosing(JsonRpc("http://127.0.0.1:1", timeout_s=0.5)) as rpc,
            client_of(parts_with(self, nodes=Nodes([rpc]))) as client,
        ):
            yield client

    async def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The body of a read that must succeed, as operators see it."""
        response = await self.client.get(path, params=parameters, headers=self.operator)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body


_STATE_COLUMNS: Final = (
    "seq", "principal", "undrawn", "accrued_at", "unbilled", "billed", "billed_principal", "unpaid_since", "collateral",
    "reserve", "claim_loan", "claim_collateral", "flags",
)  # fmt: skip


@asynccontextmanager
async def open_world(ground: Ground, database_url: str, redis_url: str, bounds: Bounds = QUICK) -> AsyncIterator[World]:
    """A mirror that stands at the chain's newest block and has the market; no line, no offer."""
    rpc = JsonRpc(ground.url)
    try:
        async with (
            open_parts(
                ground.book, database_url, redis_url, Nodes([rpc]), SITE, bounds=bounds, webhooks=WEBHOOKS
            ) as parts,
            client_of(parts) as client,
        ):
            operator = bearing(await make_key(parts.engine, "tests", [Role.OPERATOR]))
            world = World(ground, parts.engine, client, await ground.newest_block(), operator)
            await world.write(_cursor(world.head))
            await world.market()
            yield world
    finally:
        await rpc.aclose()


@asynccontextmanager
async def client_of(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the application without a socket in between."""
    transport = httpx.ASGITransport(create_app(parts))
    async with httpx.AsyncClient(transport=transport, base_url=SITE.origin) as client:
        yield client


def parts_with(world: World, **changes: Any) -> Parts:
    """The parts of the world's application with some replaced."""
    transport = world.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    parts: Parts = transport.app.state.parts  # type: ignore[attr-defined]
    return replace(parts, **changes)


def _cursor(head: ChainBlock) -> Cursor:
    return Cursor(
        chain_id=CHAIN_ID,
        number=head.number,
        hash=head.hash,
        timestamp=head.timestamp,
        head_number=head.number,
        safe_number=head.number - 1,
        finalized_number=head.number - 2,
        finalized_hash=hash_of("block", head.number - 2, ""),
        epoch=1,
        updated_at=moment(),
    )
