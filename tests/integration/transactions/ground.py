"""A sender on a real chain and a real database, and a chain that the test drives block by block."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.alerts import Alerts
from orchestrator.chain.contracts import Contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.db.models import Alert, Attempt, Intent, Lane
from orchestrator.db.session import Sessions, open_engine, sessions_of
from orchestrator.metrics import Metrics
from orchestrator.transactions import intents
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.errors import TransactionError
from orchestrator.transactions.node import Node, Receipt
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.sender import Sender
from orchestrator.transactions.senders import Senders
from orchestrator.transactions.signers import Signer
from orchestrator.transactions.signers.keystore import KeystoreSigner

CHAIN_ID = 31337
GWEI = 10**9
ETHER = 10**18
KEY = bytes.fromhex("17" * 32)
NEXT_KEY = bytes.fromhex("18" * 32)
PAYEE = "0x" + "be" * 20
POLICY = SendPolicy(max_fee_per_gas_wei=500 * GWEI)

ERRORS = Contract("Errors", [{"type": "error", "name": name, "inputs": []} for name in ("PeriodClosed", "NothingPaid")])


def gas_limit_of(raw: bytes) -> int:
    """What signed bytes ask for at most."""
    return int(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["gas"])


def nonce_of(raw: bytes) -> int:
    """Of signed bytes."""
    return int(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["nonce"])


def code_that_reverts(error: str) -> str:
    """Runtime code that reverts with a custom error without arguments: mstore(0, selector << 224), revert(0, 4)."""
    selector = next(item.selector for item in ERRORS._errors.values() if item.name == error)
    return "0x63" + selector.hex() + "60e01b60005260046000fd"


CODE_THAT_WORKS_ONCE = "0x600054600c57600160005500" + "5b60006000fd"
"""Runtime code: if (sload(0)) revert(0, 0); sstore(0, 1)."""


class Chain:
    """What a test does to the chain: it mines, reorganises, and uses accounts."""

    def __init__(self, rpc: JsonRpc) -> None:
        self.rpc = rpc

    async def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            await self.rpc.call("evm_mine")

    async def automine(self, on: bool) -> None:
        await self.rpc.call("evm_setAutomine", [on])

    async def reorg(self, depth: int) -> None:
        """Replaces the last blocks by empty ones; what was in them is gone, from the pool as well."""
        await self.rpc.call("anvil_reorg", [depth, []])
        await self.rpc.call("anvil_dropAllTransactions")

    async def set_base_fee(self, wei: int) -> None:
        """Of the next block."""
        await self.rpc.call("anvil_setNextBlockBaseFeePerGas", [quantity(wei)])

    async def set_gas_limit(self, gas: int) -> None:
        """Of the blocks from the next one on, which is mined."""
        await self.rpc.call("evm_setBlockGasLimit", [quantity(gas)])
        await self.mine()

    async def fund(self, address: str, wei: int = 100 * ETHER) -> None:
        await self.rpc.call("anvil_setBalance", [address, quantity(wei)])

    async def set_code(self, address: str, code: str) -> None:
        await self.rpc.call("anvil_setCode", [address, code])

    async def balance(self, address: str) -> int:
        return integer(await self.rpc.call("eth_getBalance", [address, "latest"]))

    async def nonce(self, address: str) -> int:
        return integer(await self.rpc.call("eth_getTransactionCount", [address, "latest"]))

    async def knows(self, tx_hash: str) -> bool:
        return await self.rpc.call("eth_getTransactionByHash", [tx_hash]) is not None

    async def send_as_a_stranger(self, account: LocalAccount, nonce: int, tip_wei: int = 400 * GWEI) -> None:
        """A transaction with our key that is not ours."""
        signed = account.sign_transaction(
            {
                "type": 2, "chainId": CHAIN_ID, "nonce": nonce, "to": bytes(19) + b"\x99", "value": 1, "gas": 21_000,
                "maxFeePerGas": tip_wei + 100 * GWEI, "maxPriorityFeePerGas": tip_wei,
            }
        )  # fmt: skip
        await self.rpc.call("eth_sendRawTransaction", ["0x" + bytes(signed.raw_transaction).hex()])


@dataclass
class Told:
    """Outcomes as they were told, in order: (what, intent)."""

    calls: list[tuple[str, uuid.UUID]] = field(default_factory=list)
    worth: int | None = None

    def of(self, intent_id: uuid.UUID) -> list[str]:
        return [what for what, told in self.calls if told == intent_id]

    async def explain(self, intent_id: uuid.UUID, error: TransactionError, node: Node, sender: str) -> TransactionError:
        return error

    async def worth_wei(self, session: AsyncSession, intent_id: uuid.UUID) -> int | None:
        return self.worth

    async def split(self, session: AsyncSession, intent_id: uuid.UUID, call: intents.Call) -> int:
        return 0

    async def signed(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        self.calls.append(("signed", intent_id))

    async def mined(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        self.calls.append(("mined", intent_id))

    async def unmined(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        self.calls.append(("unmined", intent_id))

    async def finalized(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        self.calls.append(("finalized", intent_id))

    async def failed(self, session: AsyncSession, intent_id: uuid.UUID, error: TransactionError) -> None:
        self.calls.append((f"failed: {error.kind}", intent_id))


@dataclass
class Ground:
    chain: Chain
    sessions: Sessions
    account: LocalAccount
    told: Told
    sender: Sender

    @property
    def address(self) -> str:
        return self.account.address.lower()

    async def queue(self, value_wei: int = 1, to: str = PAYEE) -> uuid.UUID:
        async with self.sessions.begin() as session:
            return await intents.queue(session, intents.Call(CHAIN_ID, to, b"", f"pay {value_wei} wei", value_wei))

    async def intent(self, intent_id: uuid.UUID) -> Intent:
        async with self.sessions() as session:
            return await session.get_one(Intent, intent_id)

    async def attempts(self, intent_id: uuid.UUID) -> Sequence[Attempt]:
        async with self.sessions() as session:
            statement = select(Attempt).where(Attempt.intent_id == intent_id).order_by(Attempt.number)
            return (await session.scalars(statement)).all()

    async def all_intents(self) -> Sequence[Intent]:
        async with self.sessions() as session:
            return (await session.scalars(select(Intent).order_by(Intent.nonce))).all()

    async def lane(self) -> Lane:
        async with self.sessions() as session:
            return await session.get_one(Lane, (CHAIN_ID, self.address))

    async def open_alerts(self) -> list[str]:
        """The kinds of the open alerts."""
        async with self.sessions() as session:
            keys = await session.scalars(select(Alert.key).where(Alert.resolved_at.is_(None)))
            return sorted(key.partition(":")[0] for key in keys)

    async def settle(self, *intent_ids: uuid.UUID) -> list[str]:
        """Ticks and mines until the intents are final; returns what they became."""
        found: list[Intent] = []
        for _ in range(12):
            await self.sender.tick()
            found = [await self.intent(intent_id) for intent_id in intent_ids]
            if all(intent.finished_at for intent in found):
                return [intent.status for intent in found]
            await self.chain.mine()
        raise AssertionError(f"not final: {[(intent.status, intent.error) for intent in found]}")


def make_sender(
    rpc: JsonRpc,
    sessions: Sessions,
    told: Told,
    *,
    policy: SendPolicy = POLICY,
    reached: Reached = pass_by,
    signer: Signer | None = None,
) -> Sender:
    metrics = Metrics()
    context = SenderContext(
        chain_id=CHAIN_ID,
        sessions=sessions,
        signer=signer or KeystoreSigner(Account.from_key(KEY)),
        outcomes=told,
        contract=ERRORS,
        alerts=Alerts(sessions, metrics),
        metrics=metrics,
        policy=policy,
        reached=reached,
    )
    return Sender(context, [Node(rpc)])


def make_senders(rpc: JsonRpc, sessions: Sessions, told: Told, *, reached: Reached = pass_by) -> Senders:
    """With two keys: the second is there to take over from the first."""
    signers = [KeystoreSigner(Account.from_key(key)) for key in (KEY, NEXT_KEY)]
    return Senders(
        CHAIN_ID, sessions, [make_sender(rpc, sessions, told, reached=reached, signer=signer) for signer in signers]
    )


@asynccontextmanager
async def open_ground(database_url: str, rpc_url: str, **options: Any) -> AsyncIterator[Ground]:
    """A funded sender, and a chain that mines when it is told to."""
    engine, rpc = open_engine(database_url, process="test"), JsonRpc(rpc_url)
    try:
        sessions, told = sessions_of(engine), Told()
        account: LocalAccount = Account.from_key(KEY)
        ground = Ground(Chain(rpc), sessions, account, told, make_sender(rpc, sessions, told, **options))
        await ground.chain.automine(False)
        await ground.chain.fund(ground.address)
        yield ground
    finally:
        await rpc.aclose()
        await engine.dispose()
