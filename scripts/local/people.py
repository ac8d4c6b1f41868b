"""Who acts on a local chain, and the contracts they act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.rpc import JsonRpc
from orchestrator.chain.typed_data import TypedData
from orchestrator.transactions.signers.keystore import KeystoreSigner
from scripts.deploy.plan import read
from scripts.deploy.wallet import Receipt, Wallet
from scripts.local.accounts import LocalAccounts, Role

MAX_FEE_PER_GAS_WEI = 1_000 * 10**9
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract at an address."""

    codec: Contract
    address: ChecksumAddress

    async def read(self, rpc: JsonRpc, function: str, *args: Any) -> Any:
        """The result of a view function at the latest block."""
        return await read(rpc, self.codec, self.address, function, *args)

    def events(self, receipt: Receipt, name: str) -> Iterator[dict[str, Any]]:
        """The arguments of the events `name` that this contract emitted in a transaction."""
        for log in receipt.logs:
            if log["address"].lower() == self.address.lower() and log["topics"][0] == self.codec.topic(name):
                yield self.codec.decode_event(log["topics"], log["data"])[1]


@dataclass(frozen=True, slots=True)
class Contracts:
    """What a local chain's book names, ready to be called."""

    vault: Deployed
    nft: Deployed
    trigger: Deployed
    oracle: Deployed
    feed: Deployed
    usdc: Deployed
    weth: Deployed

    @classmethod
    def of(cls, book: AddressBook) -> Self:
        market = book.market(1)
        return cls(
            vault=Deployed(load_contract("CreditVault"), book.vault),
            nft=Deployed(load_contract("CreditLineNFT"), book.nft),
            trigger=Deployed(load_contract("RepayTrigger"), book.trigger),
            oracle=Deployed(load_contract("OracleAdapter"), market.oracle),
            feed=Deployed(load_contract("LocalFeed"), market.feeds[0]),
            usdc=Deployed(load_contract("LocalToken"), market.loan_token),
            weth=Deployed(load_contract("LocalWETH"), market.collateral_token),
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key: calls contracts, and signs what is signed off-chain."""

    role: Role
    wallet: Wallet
    account: LocalAccount

    @classmethod
    def of(cls, accounts: LocalAccounts, role: Role, rpc: JsonRpc, chain_id: int) -> Self:
        account = accounts.unlock(role)
        explain = load_contract("CreditVault").decode_error
        signer = KeystoreSigner(account)
        return cls(role, Wallet(rpc, signer, chain_id, MAX_FEE_PER_GAS_WEI, explain, PATIENCE_S), account)

    @property
    def address(self) -> ChecksumAddress:
        return self.wallet.address

    async def call(self, what: str, contract: Deployed, function: str, *args: Any, value_wei: int = 0) -> Receipt:
        """Sends a transaction and waits until it is mined. `what` names it in errors. Raises TransactionFailed."""
        data = contract.codec.encode_call(function, *args)
        return await self.wallet.send(what, contract.address, data, value_wei)

    def sign(self, typed_data: TypedData) -> bytes:
        return typed_data.sign(self.account)
