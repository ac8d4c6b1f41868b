"""What stands on the chain before a history begins: the released contracts, two markets, and people who use them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.deploy.artifacts import RELEASE, Artifact, Artifacts

CHAIN_ID: Final = 31337
STARTS_AT: Final = 2_000_000_000
"""The second of the first block: later than any machine's clock, so that every run has the same timestamps."""

HOUR: Final = 3_600
UNLIMITED: Final = 2**256 - 1
PURSE: Final = 10**30
GAS: Final = 25_000_000
NOBODY: Final = to_checksum_address("0x" + "00" * 20)

VAULT: Final = load_contract("CreditVault")
NFT: Final = load_contract("CreditLineNFT")
TRIGGER: Final = load_contract("RepayTrigger")
FEED: Final = load_contract("LocalFeed")
TOKEN: Final = load_contract("LocalToken")


class Person(Enum):
    """Everybody who acts. ADMIN owns the vault, is its guardian, and writes the feeds."""

    ADMIN = "admin"
    LENDER = "lender"
    OTHER_LENDER = "other lender"
    BORROWER = "borrower"
    OTHER_BORROWER = "other borrower"
    KEEPER = "keeper"

    @property
    def account(self) -> LocalAccount:
        return _account(self.value)

    @property
    def address(self) -> ChecksumAddress:
        return to_checksum_address(self.account.address)


LENDERS: Final = (Person.LENDER, Person.OTHER_LENDER)
BORROWERS: Final = (Person.BORROWER, Person.OTHER_BORROWER)


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """One market: ``unit`` is one whole collateral token, ``answer`` the feed's first, with 8 decimals."""

    collateral: ChecksumAddress
    unit: int
    feed: ChecksumAddress
    oracle: ChecksumAddress
    answer: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Addresses, and the block that the last of it was mined in."""

    vault: ChecksumAddress
    nft: ChecksumAddress
    trigger: ChecksumAddress
    usdc: ChecksumAddress
    markets: tuple[SimulatedMarket, ...]
    head_number: int
    head_timestamp: int

    def book(self) -> AddressBook:
        """What an indexer is given."""
        contracts = {"CreditVault": self.vault, "CreditLineNFT": self.nft, "RepayTrigger": self.trigger}
        feeds = {f"F{n}/USD": BookFeed(market.feed, 8, HOUR, 300) for n, market in enumerate(self.markets)}
        return AddressBook(CHAIN_ID, 1, contracts, (), {}, feeds, dict.fromkeys(contracts, "0x" + "00" * 32))


@dataclass(frozen=True, slots=True)
class Deployed:
    """A ground with the chain's state, to be loaded into as many fresh chains as there are seeds."""

    ground: Ground
    state: str

    @classmethod
    async def on(cls, rpc: JsonRpc) -> Self:
        """Deploys on a fresh anvil."""
        ground = await _Builder(rpc).build()
        return cls(ground, await rpc.call("anvil_dumpState"))

    async def load_into(self, rpc: JsonRpc) -> None:
        """Brings a fresh anvil to where the ground was dumped; nothing is mined there unless asked for."""
        assert await rpc.call("anvil_loadState", [self.state])
        await rpc.call("anvil_autoImpersonateAccount", [True])
        await rpc.call("evm_setAutomine", [False])


class _Builder:
    def __init__(self, rpc: JsonRpc) -> None:
        self._rpc = rpc

    async def build(self) -> Ground:
        await self._rpc.call("anvil_autoImpersonateAccount", [True])
        await self._rpc.call("anvil_setBlockTimestampInterval", [1])
        await self._rpc.call("evm_setNextBlockTimestamp", [STARTS_AT])
        for person in Person:
            await self._rpc.call("anvil_setBalance", [person.address, quantity(10**24)])
        usdc = await self._create("LocalToken", "USD Coin", "USDC", 6)
        vault = await self._create("CreditVault", Person.ADMIN.address, Person.ADMIN.address, usdc)
        nft = to_checksum_address(await self._view(vault, "nft"))
        trigger = await self._create("RepayTrigger", vault)
        markets = (
            await self._market(vault, usdc, "Ether", 18, 2_000 * 10**8),
            await self._market(vault, usdc, "Bitcoin", 8, 60_000 * 10**8),
        )
        for lender in LENDERS:
            await self._endow(lender, usdc, vault)
        for borrower in BORROWERS:
            for token in (usdc, *(market.collateral for market in markets)):
                await self._endow(borrower, token, vault)
            await self._send(borrower, usdc, TOKEN.encode_call("approve", trigger, UNLIMITED))
            await self._send(borrower, vault, VAULT.encode_call("setOperator", trigger, True))
        await self._endow(Person.KEEPER, usdc, vault)
        head = await self._rpc.call("eth_getBlockByNumber", ["latest", False])
        return Ground(vault, nft, trigger, usdc, markets, integer(head["number"]), integer(head["timestamp"]))

    async def _market(
        self, vault: ChecksumAddress, usdc: ChecksumAddress, name: str, decimals: int, answer: int
    ) -> SimulatedMarket:
        collateral = await self._create("LocalToken", name, name[:4].upper(), decimals)
        feed = await self._create("LocalFeed", Person.ADMIN.address, 8, f"{name} / USD")
        await self._send(Person.ADMIN, feed, FEED.encode_call("push", answer, STARTS_AT))
        none = {"feed": NOBODY, "heartbeat": 0, "margin": 0}
        config = {
            "loanToken": usdc,
            "collateralToken": collateral,
            "base": {"feed": feed, "heartbeat": 2**32 - 1, "margin": 0},
            "quote": none,
            "crossCheck": none,
            "sequencer": NOBODY,
            "sequencerGrace": 0,
            "maxDeviationBps": 0,
            "minPriceE36": 1,
            "maxPriceE36": UNLIMITED,
        }
        oracle = await self._create("OracleAdapter", config)
        listing = VAULT.encode_call("createMarket", usdc, collateral, oracle, 10 * 10**6)
        await self._send(Person.ADMIN, vault, listing)
        return SimulatedMarket(collateral, 10**decimals, feed, oracle, answer)

    async def _endow(self, person: Person, token: ChecksumAddress, vault: ChecksumAddress) -> None:
        await self._send(Person.ADMIN, token, TOKEN.encode_call("mint", person.address, PURSE))
        await self._send(person, token, TOKEN.encode_call("approve", vault, UNLIMITED))

    async def _create(self, name: str, *arguments: Any) -> ChecksumAddress:
        creation = _released(name).creation_with(*arguments)
        receipt = await self._transact({"from": Person.ADMIN.address, "data": "0x" + creation.hex()})
        return to_checksum_address(receipt["contractAddress"])

    async def _send(self, person: Person, to: str, data: bytes) -> None:
        await self._transact({"from": person.address, "to": to, "data": "0x" + data.hex()})

    async def _view(self, to: str, function: str) -> Any:
        call = {"to": to, "data": "0x" + VAULT.encode_call(function).hex()}
        return VAULT.decode_result(function, await self._rpc.call("eth_call", [call, "latest"]))

    async def _transact(self, transaction: dict[str, str]) -> dict[str, Any]:
        tx_hash = await self._rpc.call("eth_sendTransaction", [{**transaction, "gas": quantity(GAS)}])
        receipt: dict[str, Any] | None = None
        while receipt is None:  # anvil answers a moment before it has mined
            receipt = await self._rpc.call("eth_getTransactionReceipt", [tx_hash])
        assert receipt["status"] == "0x1", f"a transaction of the ground reverted: {transaction}"
        return receipt


@cache
def _released(name: str) -> Artifact:
    return Artifacts(RELEASE).contract(name)


@cache
def _account(name: str) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=f"simulated {name}"))
    return account
