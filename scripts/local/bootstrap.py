"""Everything that a local chain needs before the service can run on it. Running it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import RELEASE, Artifact, Artifacts
from scripts.deploy.create2 import PROXY, address_of, salt_of
from scripts.deploy.declaration import Declaration, Market, Oracle, Token
from scripts.deploy.plan import code_at
from scripts.deploy.run import deploy, plan_deployment
from scripts.deploy.wallet import Wallet
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.people import Deployed, Person
from scripts.local.rounds import publish

PAIR: Final = "ETH/USD"
FEED_DECIMALS: Final = 8
HEARTBEAT_S: Final = 3_600
MARGIN_S: Final = 300
FIRST_ANSWER: Final = 19_490_000_000

ETHER: Final = 10**18
LOW_BALANCE_WEI: Final = 1_000 * ETHER
FULL_BALANCE_WEI: Final = 1_000_000 * ETHER

Announce = Callable[[str], None]


class NotALocalChain(CovenantError):
    """The chain is not ours to play with."""


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """What stands on a local chain, where its book is, and who acts on it."""

    book: AddressBook
    book_path: Path
    accounts: LocalAccounts


async def bootstrap(
    rpc_url: str,
    state_dir: Path,
    *,
    artifacts: Artifacts = Artifacts(RELEASE),  # noqa: B008 - a path, nothing is read
    first_answer: int = FIRST_ANSWER,
    announce: Announce = lambda _: None,
) -> LocalDeployment:
    """Accounts with ether, tokens, a feed with a round, our contracts, one market, and the book of it all.

    Raises:
        NotALocalChain: the node is not anvil: its accounts and clock are not ours to set.
        NotCompiled: the contracts are not compiled (`make build-release`).
    """
    rpc = JsonRpc(rpc_url)
    try:
        chain_id = await require_local_chain(rpc)
        accounts = LocalAccounts.create(state_dir)
        await _fund(rpc, accounts)
        deployer = Person.of(accounts, Role.DEPLOYER, rpc, chain_id).wallet
        usdc = await _create(deployer, artifacts.contract("LocalToken"), "Local USD Coin", "USDC", 6)
        weth = await _create(deployer, artifacts.contract("LocalWETH"))
        feed = await _create(
            deployer, artifacts.contract("LocalFeed"), accounts.address(Role.ORACLE), FEED_DECIMALS, "ETH / USD"
        )
        declaration = _declaration(chain_id, deployer.address, usdc, weth, feed)
        plan = await plan_deployment(declaration, artifacts, rpc)
        path = state_dir / f"{chain_id}.book.json"
        deployed = await deploy(plan, deployer, path, announce)
        await _first_round(Person.of(accounts, Role.ORACLE, rpc, chain_id), feed, first_answer)
        return LocalDeployment(deployed.book, path, accounts)
    finally:
        await rpc.aclose()


def _declaration(
    chain_id: int, owner: ChecksumAddress, usdc: ChecksumAddress, weth: ChecksumAddress, feed: ChecksumAddress
) -> Declaration:
    return Declaration(
        chain_id=chain_id,
        owner=owner,
        guardian=owner,
        tokens={"USDC": Token(usdc, 6), "WETH": Token(weth, 18)},
        feeds={PAIR: BookFeed(feed, FEED_DECIMALS, HEARTBEAT_S, MARGIN_S)},
        markets=(Market("USDC", "WETH", Decimal(1_000), Oracle(PAIR, Decimal("0.01"), Decimal(1_000_000))),),
    )


async def require_local_chain(rpc: JsonRpc) -> int:
    """The id of a chain that is ours to play with. Raises NotALocalChain."""
    try:
        await rpc.call("anvil_nodeInfo")
    except RpcRefused:
        raise NotALocalChain(
            f"{rpc.provider} is not a local anvil chain", "use `covenant deploy` for a chain that is not yours alone"
        ) from None
    return integer(await rpc.call("eth_chainId"))


async def _fund(rpc: JsonRpc, accounts: LocalAccounts) -> None:
    addresses = [accounts.address(role) for role in Role]
    balances = await rpc.batch([("eth_getBalance", [address, "latest"]) for address in addresses])
    poor = [address for address, wei in zip(addresses, balances, strict=True) if integer(wei) < LOW_BALANCE_WEI]
    await rpc.batch([("anvil_setBalance", [address, quantity(FULL_BALANCE_WEI)]) for address in poor])


async def _create(deployer: Wallet, artifact: Artifact, *arguments: object) -> ChecksumAddress:
    salt, creation = salt_of("covenant local"), artifact.creation_with(*arguments)
    address = address_of(salt, creation)
    (code,) = await code_at(deployer.rpc, [address])
    if not code:
        await deployer.send(f"deploying {artifact.name}", PROXY, salt + creation)
    return address


async def _first_round(oracle: Person, address: ChecksumAddress, answer: int) -> None:
    """Only of a feed without any: later rounds are the market's matter."""
    feed = Deployed(load_contract("LocalFeed"), address)
    try:
        await feed.read(oracle.wallet.rpc, "latestRoundData")
    except RpcRefused:
        await publish(oracle, feed, answer)
