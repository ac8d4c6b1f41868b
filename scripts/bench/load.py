"""A chain on which much has happened: blocks full of the vault's own events, made by real calls of the real vault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from orchestrator.chain.book import AddressBook
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import Call, JsonRpc
from orchestrator.credit.offer import ANYONE
from orchestrator.credit.units import Bps, CollateralWei, PriceE36, Timestamp, Wei
from orchestrator.errors import CovenantError
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.deals import SignedOffer, get_ready, give_usdc, give_weth, sign_offer
from scripts.local.people import Contracts, Person
from scripts.local.rounds import chain_now
from scripts.local.terms import USDC, WETH, Deal, Parties

EVENTS_A_CALL: Final = 2
"""Each action of the vault says what was done, and then the line's new state."""
CALLS_A_BLOCK: Final = 15
CALLS_A_TRANSACTION: Final = 3
EVENTS_A_BLOCK: Final = EVENTS_A_CALL * CALLS_A_BLOCK
EVENTS_A_LINE: Final = 100
ROUND_EVERY_BLOCKS: Final = 500
"""A draw needs a price that is not old, and each block takes a second."""
PROGRESS_EVERY_BLOCKS: Final = 100
CHECKED_BLOCKS: Final = 50

LIMIT: Final = Wei(10_000 * USDC)
FIRST_DRAW: Final = 2_000 * USDC
GAS_A_CALL: Final = 600_000
DAY_S: Final = 24 * 3_600

Progress = Callable[[int], None]


class LoadFailed(CovenantError):
    """The chain did not do what the load asked of it."""


@dataclass
class Load:
    """Fills blocks. The seed decides everything. Transactions go unsigned: anvil plays the people."""

    rpc: JsonRpc
    contracts: Contracts
    borrower: str
    oracle: str
    offer: SignedOffer
    random: Random = field(default_factory=lambda: Random(1))
    lines: int = 0
    events: int = 0

    @classmethod
    async def ready(cls, rpc: JsonRpc, book: AddressBook, accounts: LocalAccounts) -> Load:
        """People with money, a price of now, and an offer under which any number of lines can be opened."""
        contracts = Contracts.of(book)
        lender = Person.of(accounts, Role.LENDER, rpc, book.chain_id)
        borrower = Person.of(accounts, Role.BORROWER, rpc, book.chain_id)
        await rpc.call("anvil_setBalance", [borrower.address, quantity(10**12 * WETH)])
        await get_ready(contracts, lender, borrower)
        for person in (lender, borrower):
            await give_usdc(contracts, person, 10**12 * USDC)
        await give_weth(contracts, borrower, 10**9 * WETH)
        await rpc.call("anvil_autoImpersonateAccount", [True])
        oracle = accounts.address(Role.ORACLE)
        await rpc.call(*await _round(rpc, contracts, oracle))
        return cls(rpc, contracts, borrower.address, oracle, await _offer(rpc, contracts, lender))

    async def fill(self, blocks: int, progress: Progress) -> None:
        """Mines ``blocks`` blocks with ``EVENTS_A_BLOCK`` events of the vault in each. Raises LoadFailed."""
        first = integer(await self.rpc.call("eth_blockNumber")) + 1
        await self.rpc.call("evm_setAutomine", [False])
        for done in range(blocks):
            rounds = [await _round(self.rpc, self.contracts, self.oracle)] if done % ROUND_EVERY_BLOCKS == 0 else []
            await self.rpc.batch([*rounds, *self.transactions(CALLS_A_BLOCK), ("evm_mine", [])])
            if done % PROGRESS_EVERY_BLOCKS == 0:
                progress(done)
        await self.rpc.call("evm_setAutomine", [True])
        await self._check(range(first, first + blocks, max(1, blocks // CHECKED_BLOCKS)))

    def transactions(self, calls: int) -> list[Call]:
        """What to send for ``calls`` actions, each of which makes ``EVENTS_A_CALL`` events of the vault."""
        actions = [self._action() for _ in range(calls)]
        encode, vault = self.contracts.vault.codec.encode_call, self.contracts.vault.address
        return [
            _transaction(vault, self.borrower, encode("multicall", chunk), len(chunk))
            for chunk in (actions[at : at + CALLS_A_TRANSACTION] for at in range(0, calls, CALLS_A_TRANSACTION))
        ]

    def _action(self) -> bytes:
        """A new line when the old ones have had their share, its first draw, or anything on any line."""
        encode = self.contracts.vault.codec.encode_call
        place, self.events = self.events % EVENTS_A_LINE, self.events + EVENTS_A_CALL
        if place == 0:
            self.lines += 1
            return encode("open", self.offer.message, self.offer.signature, LIMIT, self.borrower)
        if place == EVENTS_A_CALL:
            return encode("draw", self.lines, FIRST_DRAW, self.borrower)
        line, amount = self.random.randint(1, self.lines), self.random.randrange(1, USDC)
        match self.random.randrange(4):
            case 0:
                return encode("deposit", line, amount)
            case 1:
                return encode("depositReserve", line, amount)
            case 2:
                return encode("draw", line, amount, self.borrower)
            case _:
                return encode("repay", line, amount)

    async def _check(self, numbers: Sequence[int]) -> None:
        """A reverted transaction leaves no events."""
        vault = self.contracts.vault.address
        queries: list[Call] = [
            ("eth_getLogs", [{"fromBlock": quantity(n), "toBlock": quantity(n), "address": vault}]) for n in numbers
        ]
        for number, logs in zip(numbers, await self.rpc.batch(queries), strict=True):
            if len(logs) != EVENTS_A_BLOCK:
                raise LoadFailed(
                    f"block {number} has {len(logs)} events of the vault, not {EVENTS_A_BLOCK}", "see _action"
                )


async def _round(rpc: JsonRpc, contracts: Contracts, oracle: str) -> Call:
    """The answer does not move: what a draw may take stays the same."""
    feed = contracts.feed
    _, answer, *_ = await feed.read(rpc, "latestRoundData")
    data = feed.codec.encode_call("push", answer, await chain_now(rpc))
    return _transaction(feed.address, oracle, data, 1)


def _transaction(to: str, sender: str, data: bytes, calls: int) -> Call:
    call = {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": quantity(GAS_A_CALL * calls)}
    return "eth_sendTransaction", [call]


async def _offer(rpc: JsonRpc, contracts: Contracts, lender: Person) -> SignedOffer:
    """A large one that outlives the load, and whose lines can be drawn from for as long."""
    deal = Deal(LIMIT, Wei(LIMIT), Bps(4_000), Wei(0), Wei(0), CollateralWei(0), Wei(0))
    parties = Parties(lender.address, ANYONE, contracts.usdc.address, contracts.weth.address, contracts.oracle.address)
    price = PriceE36(await contracts.oracle.read(rpc, "measuringPrice"))
    offer = deal.offer(parties, price, Timestamp(await chain_now(rpc)), group=1)
    lines = 1_000_000
    many = replace(
        offer,
        limit=Wei(LIMIT * lines),
        group_cap=Wei(LIMIT * lines),
        min_collateral=CollateralWei(offer.min_collateral * lines),
        draw_window_hours=offer.term_hours,
        period_hours=offer.term_hours,
        expiry=Timestamp(offer.expiry + 30 * DAY_S),
    )
    return sign_offer(contracts, lender, many)
