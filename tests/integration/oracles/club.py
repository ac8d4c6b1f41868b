"""A club of reporters on a real chain: the real contract, real endpoints, a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from oracles.facts.fact import Fact, Sighting
from oracles.reporting.endpoint import ReceiptsDesk, create_endpoint
from oracles.reporting.feed import FeedState, OnChainFeed
from oracles.reporting.observation import FeedId
from oracles.reporting.reporter import Reporter, Submit
from oracles.reporting.schedule import ReportPolicy, leader_at
from oracles.reporting.standing import Standing
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from orchestrator.metrics import Metrics
from orchestrator.transactions.signers.keystore import KeystoreSigner
from scripts.deploy.artifacts import RELEASE, Artifacts
from scripts.deploy.wallet import Wallet
from scripts.processes.web import listening, serve_until_cancelled

CHAIN_ID = 31_337
DECIMALS = 8
START = 2_000_000_000
MAX_AGE_S = 300
POLICY = ReportPolicy(heartbeat_s=3_600, deviation_bps=50, interval_s=30)


def reporter_accounts(count: int) -> list[LocalAccount]:
    """The same in every run, in the feed's order."""
    made = [Account.from_key((0xC0FFEE + i).to_bytes(32, "big")) for i in range(count)]
    return sorted(made, key=lambda account: int(account.address, 16))


async def deploy_feed(
    rpc: JsonRpc, reporters: Sequence[ChecksumAddress], quorum: int, decimals: int = DECIMALS, lowest: int = 1
) -> ChecksumAddress:
    """The contract as it is released, with answers from `lowest` to 10^9 units."""
    artifact = Artifacts(RELEASE).contract("AttestedFeed")
    bounds = (lowest, 10 ** (9 + decimals))
    code = artifact.creation_with("ETH / USD", decimals, list(reporters), quorum, MAX_AGE_S, *bounds)
    (deployer, *_) = await rpc.call("eth_accounts")
    tx_hash = await rpc.call("eth_sendTransaction", [{"from": deployer, "data": "0x" + code.hex()}])
    return to_checksum_address((await mined(rpc, tx_hash))["contractAddress"])


async def mined(rpc: JsonRpc, tx_hash: str) -> dict[str, str]:
    """The receipt of a transaction that must succeed; anvil mines at once, but answers first."""
    for _ in range(1_000):
        receipt = await rpc.call("eth_getTransactionReceipt", [tx_hash])
        if receipt is not None:
            assert integer(receipt["status"]) == 1
            return dict(receipt)
        await asyncio.sleep(0.01)
    raise AssertionError(f"{tx_hash} was not mined")


@dataclass
class Seen:
    """A fact that is what the test says, seen now by the chain's clock."""

    value: Decimal
    now: Callable[[], float]
    name: str = "ETH/USD"

    async def look(self) -> Sighting:
        return Sighting(self.value, int(self.now()))


@dataclass
class Clock:
    """The chain's and everybody's."""

    rpc: JsonRpc
    at: int = START

    def now(self) -> float:
        return self.at

    async def pass_(self, seconds: int) -> None:
        """Exactly so many, or further if the chain, which has its own clock between our blocks, is further already."""
        block = await self.rpc.call("eth_getBlockByNumber", ["latest", False])
        self.at = max(self.at + seconds, integer(block["timestamp"]) + 1)
        await self.rpc.call("evm_setNextBlockTimestamp", [quantity(self.at)])
        await self.rpc.call("evm_mine", [])


@dataclass
class Club:
    """Reporters by their place in the feed's order; those that are dead have an address and no endpoint."""

    rpc: JsonRpc
    clock: Clock
    feed: OnChainFeed
    accounts: Sequence[LocalAccount]
    reporters: dict[int, Reporter] = field(default_factory=dict)

    async def step(self, *places: int) -> None:
        """Lets the reporters in these places look once, one after the other; all that live by default."""
        for place in places or tuple(self.reporters):
            await self.reporters[place].step()

    async def state(self) -> FeedState:
        return await self.feed.state()

    def sees(self, value: str, *places: int) -> None:
        """What the reporters in these places see from now on; all by default."""
        for place in places or tuple(self.reporters):
            fact = self.reporters[place].fact
            assert isinstance(fact, Seen)
            fact.value = Decimal(value)

    @property
    def leader(self) -> int:
        addresses = [account.address for account in self.accounts]
        return addresses.index(leader_at(addresses, self.clock.now(), POLICY.interval_s))

    async def until_leads(self, place: int) -> None:
        """Lets intervals pass until this reporter leads."""
        while self.leader != place:
            await self.clock.pass_(POLICY.interval_s)


def sees_2000(place: int, clock: Clock) -> tuple[Fact, ReceiptsDesk | None]:
    return Seen(Decimal(2_000), clock.now), None


@contextlib.asynccontextmanager
async def open_club(
    url: str,
    *,
    reporters: int,
    quorum: int,
    dead: Sequence[int] = (),
    equip: Callable[[int, Clock], tuple[Fact, ReceiptsDesk | None]] = sees_2000,
    decimals: int = DECIMALS,
    lowest: int = 1,
    start: int = START,
) -> AsyncIterator[Club]:
    """A new feed with its reporters; `equip` gives each, by its place, what it looks at."""
    async with contextlib.AsyncExitStack() as stack:
        rpc = JsonRpc(url)
        stack.push_async_callback(rpc.aclose)
        accounts = reporter_accounts(reporters)
        for account in accounts:
            await rpc.call("anvil_setBalance", [account.address, quantity(10**20)])
        clock = Clock(rpc, start)
        address = await deploy_feed(rpc, [account.address for account in accounts], quorum, decimals, lowest)
        await clock.pass_(1)
        feed = OnChainFeed(rpc, FeedId(CHAIN_ID, address))
        club = Club(rpc, clock, feed, accounts)
        client = await stack.enter_async_context(httpx.AsyncClient())
        listeners = {i: stack.enter_context(listening("127.0.0.1", 0)) for i in range(reporters)}
        peers = {
            accounts[i].address: f"http://127.0.0.1:{listener.getsockname()[1]}" for i, listener in listeners.items()
        }
        make_up = await feed.make_up()
        for i, account in enumerate(accounts):
            if i in dead:
                listeners[i].close()
                continue
            fact, desk = equip(i, clock)
            submit = _submitter(rpc, account, address)
            reporter = Reporter(feed, make_up, fact, account, peers, POLICY, client, submit, clock.now)
            club.reporters[i] = reporter
            serving = asyncio.create_task(
                serve_until_cancelled(create_endpoint(reporter, Standing(Metrics()), desk), listeners[i])
            )
            stack.push_async_callback(_stop, serving)
        yield club


def _submitter(rpc: JsonRpc, account: LocalAccount, feed: ChecksumAddress) -> Submit:
    codec = load_contract("AttestedFeed")
    wallet = Wallet(rpc, KeystoreSigner(account), CHAIN_ID, 10**12, codec.decode_error, patience_s=20.0)

    async def submit(calldata: bytes) -> None:
        await wallet.send("submitting the round", feed, calldata)

    return submit


async def _stop(serving: asyncio.Task[None]) -> None:
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
