"""The deployment: the address book, the code that really stands there, how it is wired, and what its oracles say."""

from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from orchestrator.chain.book import NFT, TRIGGER, VAULT, AddressBook, BadBook, BookMarket
from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError, RpcRefused
from scripts.deploy.design import BUNDLER, READER
from scripts.deploy.plan import code_at, read
from scripts.doctor.diagnosis import Area, Diagnosis

DEPLOYMENT = Area("deployment")

ADAPTER = "OracleAdapter"
PRICE_SCALE = 10**36
REASONS = (
    "OK",
    "a feed is stale",
    "a feed answers zero or less",
    "the price is out of its bounds",
    "the feeds deviate",
    "the sequencer is down",
    "a feed cannot be read",
)


def check_book(path: Path, chain_id: int | None) -> tuple[Diagnosis, AddressBook | None]:
    """The book itself, and whether it is one of the chain that is configured."""
    try:
        book = AddressBook.load(path)
    except BadBook as error:
        return DEPLOYMENT.failed("address book", error), None
    if chain_id is not None and book.chain_id != chain_id:
        other = f"{path} is of chain {book.chain_id}, not of {chain_id}"
        return DEPLOYMENT.fail("address book", other, "set COVENANT_BOOK to the book of this chain"), None
    found = f"{len(book.contracts)} contracts and {len(book.markets)} markets on chain {book.chain_id}"
    return DEPLOYMENT.ok("address book", found), book


async def check_code(rpc: JsonRpc, book: AddressBook) -> list[Diagnosis]:
    """Whether the code that was deployed still stands there. One line, or one for each contract that differs."""
    names = list(book.contracts)
    try:
        codes = await code_at(rpc, [book.contracts[name] for name in names])
    except RpcError as error:
        return [DEPLOYMENT.failed("code", error)]
    wrong: list[Diagnosis] = []
    for name, code in zip(names, codes, strict=True):
        if not code:
            missing = f"nothing stands at {book.contracts[name]}"
            wrong.append(DEPLOYMENT.fail(name, missing, "the chain was reset or is another one: run covenant deploy"))
        elif "0x" + keccak(code).hex() != book.code_hashes[name]:
            other = f"the code at {book.contracts[name]} is not what the book says"
            wrong.append(DEPLOYMENT.fail(name, other, "trust neither until you know why; covenant deploy compares"))
    return wrong or [DEPLOYMENT.ok("code", f"all {len(names)} contracts are what was deployed")]


async def check_wiring(rpc: JsonRpc, book: AddressBook) -> list[Diagnosis]:
    """Whether vault, NFT, trigger and periphery name one another, and the vault knows the book's markets."""
    asked = (
        (VAULT, book.vault, "nft", book.nft),
        (NFT, book.nft, "vault", book.vault),
        (TRIGGER, book.trigger, "vault", book.vault),
        *((name, book.contracts[name], "vault", book.vault) for name in (READER, BUNDLER) if name in book.contracts),
    )
    diagnoses: list[Diagnosis] = []
    for name, address, function, wanted in asked:
        try:
            found = await ask(rpc, load_contract(name), address, function)
        except RpcError as error:
            diagnoses.append(DEPLOYMENT.failed(f"{name}.{function}", error))
            continue
        if str(found) != wanted.lower():
            other = f"is {found}, but the book says {wanted}"
            diagnoses.append(DEPLOYMENT.fail(f"{name}.{function}", other, "the book mixes two deployments: restore it"))
    for market in book.markets:
        diagnoses += await _check_market(rpc, book, market)
    return diagnoses or [DEPLOYMENT.ok("wiring", "vault, NFT, trigger and markets are what the book says")]


async def _check_market(rpc: JsonRpc, book: AddressBook, market: BookMarket) -> list[Diagnosis]:
    subject = f"market {market.id} ({market.name})"
    try:
        found = await ask(rpc, load_contract(VAULT), book.vault, "market", market.id)
    except RpcError as error:
        return [DEPLOYMENT.failed(subject, error)]
    wanted = {
        "loanToken": market.loan_token.lower(),
        "minDebt": market.min_debt,
        "collateralToken": market.collateral_token.lower(),
        "oracle": market.oracle.lower(),
    }
    differing = sorted(key for key, value in wanted.items() if found[key] != value)
    if not differing:
        return []
    what = f"the vault has another {', '.join(differing)}"
    return [DEPLOYMENT.fail(subject, what, "restore the book, or let covenant deploy write it again")]


async def check_oracle(rpc: JsonRpc, market: BookMarket) -> Diagnosis:
    """Both readings of a market's price. A refusal stops what needs that reading, and nothing else."""
    subject, adapter = f"oracle {market.name}", load_contract(ADAPTER)
    remedy = "wait for the feed, or see why it does not report: covenant feeds"
    try:
        reason, feed = await ask(rpc, adapter, market.oracle, "assess")
    except RpcError as error:
        return DEPLOYMENT.failed(subject, error)
    try:
        price_e36 = await ask(rpc, adapter, market.oracle, "measuringPrice")
    except RpcRefused:
        found = f"{REASONS[reason]} ({feed}): no price at all, so nothing can be drawn or liquidated"
        return DEPLOYMENT.warn(subject, found, remedy)
    except RpcError as error:
        return DEPLOYMENT.failed(subject, error)
    if reason:
        found = f"{REASONS[reason]} ({feed}), so draws and payments in kind are refused"
        return DEPLOYMENT.warn(subject, found, remedy)
    feeds = f"{len(market.feeds)} feed{'s' if len(market.feeds) > 1 else ''}"
    return DEPLOYMENT.ok(subject, f"{price(price_e36, market)}, by {feeds}")


async def check_guardian(rpc: JsonRpc, book: AddressBook) -> Diagnosis:
    """Whether the guardian has stopped what adds risk."""
    try:
        until = int(await ask(rpc, load_contract(VAULT), book.vault, "stoppedUntil"))
        now = integer((await rpc.call("eth_getBlockByNumber", ("latest", False)))["timestamp"])
    except RpcError as error:
        return DEPLOYMENT.failed("guardian", error)
    if until > now:
        stopped = f"open, draw and withdrawals in debt are stopped for another {until - now:,} s"
        return DEPLOYMENT.warn("guardian", stopped, "ask the guardian; repayments, claims and liquidations go on")
    return DEPLOYMENT.ok("guardian", "no stop")


async def ask(rpc: JsonRpc, contract: Contract, address: str, function: str, *args: object) -> Any:
    """What a view function returns at the head. Raises RpcError, also when what comes back is not its result."""
    try:
        return await read(rpc, contract, address, function, *args)
    except UndecodableData:
        raise RpcError(
            f"{address} does not answer {function}() as a {contract.name} would",
            "the book names another contract: restore it, or run covenant deploy",
        ) from None


def price(price_e36: int, market: BookMarket) -> str:
    """A price for people, of one whole collateral token, rounded down to cents of the loan token."""
    in_cents = price_e36 * 10**market.collateral_decimals * 100 // (PRICE_SCALE * 10**market.loan_decimals)
    return f"1 {market.collateral_symbol} is {in_cents // 100:,}.{in_cents % 100:02} {market.loan_symbol}"
