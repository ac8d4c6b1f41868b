"""A real chain with our contracts on it, and people who use them; a mirror of it in a real database."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.contracts import Contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.chain.typed_data import MANDATE, OFFER, TypedData, trigger_domain, vault_domain
from orchestrator.db.lease import Lease, acquire_lease
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.commit import Committer
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.follow import Follower, Step
from orchestrator.mirror.start import open_mirror
from orchestrator.mirror.watch import Role, Watch, sources_of_book, sources_of_feeds
from scripts.deploy.artifacts import BUILD, Artifact, Artifacts

CHAIN_ID = 31337
ETHER = 10**18
USDC = 10**6
PRICE = 2_000 * 10**8
LENDER = Account.from_key(b"\x01" * 32)
BORROWER = Account.from_key(b"\x02" * 32)
KEEPER = Account.from_key(b"\x03" * 32)
ADMIN = Account.from_key(b"\x04" * 32)
PEOPLE = (LENDER, BORROWER, KEEPER, ADMIN)
ZERO = "0x" + "00" * 20
HOUR = 3_600


@cache
def artifact(name: str) -> Artifact:
    return Artifacts(BUILD).contract(name)


@cache
def codec(name: str) -> Contract:
    return Contract(name, artifact(name).abi)


@cache
def codecs() -> Codecs:
    return {
        Role.VAULT: codec("CreditVault"),
        Role.NFT: codec("CreditLineNFT"),
        Role.TRIGGER: codec("RepayTrigger"),
        Role.FEED: codec("LocalFeed"),
    }


@dataclass
class Ground:
    """The contracts on a chain. Every transaction is mined in a block of its own unless automine is off."""

    rpc: JsonRpc
    addresses: dict[str, str] = field(default_factory=dict)
    groups: int = 0
    nonces: int = 0
    chain_id: int = CHAIN_ID

    @classmethod
    async def deployed(cls, rpc: JsonRpc, chain_id: int = CHAIN_ID) -> Ground:
        """The contracts, a market, and people with money who trust the vault and the trigger."""
        ground = cls(rpc, chain_id=chain_id)
        await ground.rpc.call("anvil_autoImpersonateAccount", [True])
        for person in PEOPLE:
            await ground.rpc.call("anvil_setBalance", [person.address, quantity(1_000 * ETHER)])
        usdc = await ground.deploy("USDC", "LocalToken", "USD Coin", "USDC", 6)
        weth = await ground.deploy("WETH", "LocalToken", "Wrapped Ether", "WETH", 18)
        feed = await ground.deploy("feed", "LocalFeed", ADMIN.address, 8, "ETH / USD")
        await ground.push(PRICE)
        none = {"feed": ZERO, "heartbeat": 0, "margin": 0}
        config = {
            "loanToken": usdc,
            "collateralToken": weth,
            "base": {"feed": feed, "heartbeat": 30 * 24 * HOUR, "margin": HOUR},
            "quote": none,
            "crossCheck": none,
            "sequencer": ZERO,
            "sequencerGrace": 0,
            "maxDeviationBps": 0,
            "minPriceE36": 1,
            "maxPriceE36": 2**160,
        }
        await ground.deploy("oracle", "OracleAdapter", config)
        await ground.deploy("vault", "CreditVault", ADMIN.address, ADMIN.address, usdc)
        nft = await ground.view("vault", "CreditVault", "nft")
        ground.addresses["nft"] = nft
        await ground.deploy("trigger", "RepayTrigger", ground.addresses["vault"])
        await ground.vault(ADMIN, "createMarket", usdc, weth, ground.addresses["oracle"], 10 * USDC)
        for person, token in ((LENDER, "USDC"), (BORROWER, "USDC"), (BORROWER, "WETH"), (KEEPER, "USDC")):
            await ground.send(ADMIN, token, "LocalToken", "mint", person.address, 10**30)
            await ground.send(person, token, "LocalToken", "approve", ground.addresses["vault"], 2**256 - 1)
        await ground.vault(BORROWER, "setOperator", ground.addresses["trigger"], True)
        return ground

    def book(self) -> AddressBook:
        contracts = {
            "CreditVault": to_checksum_address(self.addresses["vault"]),
            "CreditLineNFT": to_checksum_address(self.addresses["nft"]),
            "RepayTrigger": to_checksum_address(self.addresses["trigger"]),
        }
        feed = BookFeed(to_checksum_address(self.addresses["feed"]), 8, HOUR, 300)
        return AddressBook(
            self.chain_id, 1, contracts, (), {}, {"ETH/USD": feed}, dict.fromkeys(contracts, "0x" + "00" * 32)
        )

    async def deploy(self, label: str, contract: str, *arguments: Any) -> str:
        data = artifact(contract).creation_with(*arguments)
        receipt = await self._transact({"from": ADMIN.address, "data": "0x" + data.hex()})
        self.addresses[label] = receipt["contractAddress"]
        return self.addresses[label]

    async def send(self, who: Any, to: str, contract: str, function: str, *arguments: Any) -> dict[str, Any]:
        data = codec(contract).encode_call(function, *arguments)
        return await self._transact({"from": who.address, "to": self.addresses[to], "data": "0x" + data.hex()})

    async def queue(self, who: Any, to: str, contract: str, function: str, *arguments: Any) -> None:
        """Into the pool, for a block that the test mines."""
        data = codec(contract).encode_call(function, *arguments)
        call = {"from": who.address, "to": self.addresses[to], "data": "0x" + data.hex(), "gas": quantity(2_000_000)}
        await self.rpc.call("eth_sendTransaction", [call])

    async def vault(self, who: Any, function: str, *arguments: Any) -> dict[str, Any]:
        return await self.send(who, "vault", "CreditVault", function, *arguments)

    async def view(self, to: str, contract: str, function: str, *arguments: Any) -> Any:
        data = codec(contract).encode_call(function, *arguments)
        call = {"to": self.addresses[to], "data": "0x" + data.hex()}
        return codec(contract).decode_result(function, await self.rpc.call("eth_call", [call, "latest"]))

    async def push(self, answer: int, updated_at: int | None = None) -> None:
        """A round of the feed; without a time, of now."""
        await self.send(ADMIN, "feed", "LocalFeed", "push", answer, updated_at or await self.now())

    async def open_line(self, amount: int = 1_000 * USDC, **terms: Any) -> int:
        """A line under a new offer, with two ether of collateral for each thousand dollars."""
        self.groups += 1
        offer = {
            "lender": LENDER.address, "borrower": ZERO,
            "loanToken": self.addresses["USDC"], "collateralToken": self.addresses["WETH"],
            "oracle": self.addresses["oracle"], "limit": amount, "minCollateral": amount * 2 * ETHER // (1_000 * USDC),
            "aprBps": 1_000, "originationBps": 50, "commitmentBps": 100, "penaltyBps": 500, "initialLtvBps": 6_000,
            "liquidationLtvBps": 8_000, "bonusBps": 500, "inKindLtvBps": 7_000, "inKindDiscountBps": 100,
            "amortBps": 0, "periodHours": 24, "graceHours": 24, "drawWindowHours": 24 * 30, "termHours": 24 * 60,
            "expiry": 2**40 - 1, "group": self.groups, "groupCap": amount, "epoch": 0,
        } | terms  # fmt: skip
        checksummed = {k: to_checksum_address(v) if isinstance(v, str) else v for k, v in offer.items()}
        data = TypedData(vault_domain(self.chain_id, to_checksum_address(self.addresses["vault"])), OFFER, checksummed)
        await self.vault(BORROWER, "open", offer, data.sign(LENDER), amount, BORROWER.address)
        return int(await self.view("vault", "CreditVault", "lineCount"))

    async def register_mandate(self, line_id: int, **fields: Any) -> dict[str, Any]:
        """A mandate to pay bills from the reserve."""
        self.nonces += 1
        mandate: dict[str, Any] = {
            "lineId": line_id, "kind": 0, "source": 0, "thresholdBps": 0, "shareBps": 0, "feeBps": 10,
            "periodHours": 24, "capPerPeriod": 10**15, "amount": 0, "feed": to_checksum_address(ZERO), "above": False,
            "level": 0, "expiry": 2**40 - 1, "nonce": self.nonces,
        } | fields  # fmt: skip
        domain = trigger_domain(self.chain_id, to_checksum_address(self.addresses["trigger"]))
        signature = TypedData(domain, MANDATE, mandate).sign(BORROWER)
        await self.send(KEEPER, "trigger", "RepayTrigger", "register", mandate, signature)
        return mandate

    async def move_note(self, line_id: int) -> None:
        """The lender gives a line's note to the keeper."""
        await self.send(LENDER, "nft", "CreditLineNFT", "transferFrom", LENDER.address, KEEPER.address, line_id)

    async def some_history(self) -> None:
        """One line from its opening to its end, another that goes on, and a bit of everything in between."""
        first = await self.open_line()
        await self.vault(BORROWER, "deposit", first, ETHER)
        await self.vault(BORROWER, "depositReserve", first, 400 * USDC)
        await self.vault(BORROWER, "draw", first, 500 * USDC, BORROWER.address)
        mandate = await self.register_mandate(first)
        second = await self.open_line()
        await self.push(PRICE - 10**8)
        await self.wait(25 * HOUR)
        await self.send(KEEPER, "trigger", "RepayTrigger", "fire", mandate, KEEPER.address)
        await self.vault(BORROWER, "repay", first, 100 * USDC)
        await self.vault(LENDER, "claim", first, self.addresses["USDC"], LENDER.address)
        await self.send(BORROWER, "trigger", "RepayTrigger", "revoke", 1_000 + self.nonces)
        await self.vault(BORROWER, "close", first, BORROWER.address)
        await self.vault(LENDER, "claim", first, self.addresses["USDC"], LENDER.address)
        await self.move_note(second)
        await self.vault(LENDER, "cancelGroup", self.addresses["USDC"], 99)
        await self.vault(LENDER, "bumpEpoch")

    async def wait(self, seconds: int) -> None:
        """Time passes, and a block is mined."""
        await self.rpc.call("evm_increaseTime", [seconds])
        await self.mine()

    async def mine(self, blocks: int = 1) -> None:
        await self.rpc.call("anvil_mine", [quantity(blocks)])

    async def reorg(self, depth: int) -> None:
        """Replaces the last blocks by empty ones."""
        await self.rpc.call("anvil_reorg", [depth, []])
        await self.rpc.call("anvil_dropAllTransactions")

    async def roll_back(self, depth: int) -> None:
        """Takes the last blocks away: what is mined next takes their place."""
        await self.rpc.call("anvil_rollback", [depth])
        await self.rpc.call("anvil_dropAllTransactions")

    async def automine(self, on: bool) -> None:
        await self.rpc.call("evm_setAutomine", [on])

    async def now(self) -> int:
        return integer((await self.rpc.call("eth_getBlockByNumber", ["latest", False]))["timestamp"])

    async def head(self) -> int:
        return integer(await self.rpc.call("eth_blockNumber"))

    async def _transact(self, call: dict[str, Any]) -> dict[str, Any]:
        tx_hash = await self.rpc.call("eth_sendTransaction", [{**call, "gas": quantity(25_000_000)}])
        receipt: dict[str, Any] | None = None
        while receipt is None:  # anvil answers a moment before it has mined
            receipt = await self.rpc.call("eth_getTransactionReceipt", [tx_hash])
        assert receipt["status"] == "0x1", await self._why(call)
        return receipt

    async def _why(self, call: dict[str, Any]) -> str:
        [outcome] = await self.rpc.try_batch([("eth_call", [call, "latest"])])
        errors = [entry for name in ("CreditVault", "RepayTrigger") for entry in artifact(name).abi]
        return Contract("any", [], [entry for entry in errors if entry["type"] == "error"]).decode_error(outcome.data)


@dataclass
class Mirror:
    """A mirror that the test drives step by step."""

    engine: AsyncEngine
    reader: ChainReader
    lease: Lease
    follower: Follower

    @classmethod
    async def under(cls, engine: AsyncEngine, reader: ChainReader, book: AddressBook, lease: Lease) -> Mirror:
        head = (await reader.heads()).latest
        wanted = sources_of_book(book) + await sources_of_feeds(reader, book, head.hash)
        projector = await open_mirror(engine, lease, reader, book.chain_id, wanted, codecs())
        alerts = Alerts(sessions_of(engine), Metrics())
        return cls(engine, reader, lease, Follower(engine, Committer(engine, lease, projector), alerts))

    @property
    def watch(self) -> Watch:
        return self.follower.committer.projector.watch

    async def step(self) -> Step:
        return await self.follower.step(self.reader)

    async def catch_up(self) -> None:
        """Until there is nothing new."""
        while await self.step() is Step.MOVED:
            pass


@asynccontextmanager
async def opened_mirror(
    engine: AsyncEngine, url: str, ground: Ground, book: AddressBook | None = None
) -> AsyncIterator[Mirror]:
    """A mirror of the ground's contracts, by the provider at ``url``. It takes over from the one before it."""
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE leases SET expires_at = '-infinity'"))
    lease = await acquire_lease(engine, f"mirror:{ground.chain_id}", f"test {uuid.uuid4()}", timedelta(minutes=5))
    assert lease is not None
    reader = ChainReader(JsonRpc(url, timeout_s=5))
    try:
        yield await Mirror.under(engine, reader, book or ground.book(), lease)
    finally:
        await reader.aclose()
